//! JSON-RPC messages of each revision, and the headers that go with them.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::fact::{Era, Revision};

/// A request or notification, ready to be sent over any transport.
#[derive(Clone, Debug, PartialEq)]
pub struct Rpc {
    /// The method.
    pub method: &'static str,
    /// Its id; a notification has none.
    pub id: Option<Value>,
    /// The whole message.
    pub body: Value,
    /// Headers that streamable HTTP demands of it in the revision that it is written in, beside a session's.
    pub headers: Vec<(Cow<'static, str>, String)>,
}

/// How mcpdoc introduces itself.
fn client_info() -> Value {
    json!({"name": "mcpdoc", "version": env!("CARGO_PKG_VERSION")})
}

impl Rpc {
    /// `server/discover` of 2026-07-28.
    pub fn discover(id: u64) -> Rpc {
        Rpc::modern(id, "server/discover", json!({}), None)
    }

    /// `initialize`, offering `revision`. It carries no version header: servers that know 2026-07-28 refuse one here.
    pub fn initialize(id: u64, revision: Revision) -> Rpc {
        let params = json!({
            "protocolVersion": revision.word(),
            "capabilities": {},
            "clientInfo": client_info(),
        });
        Rpc::new(Some(id), "initialize", params, Vec::new())
    }

    /// `notifications/initialized`.
    pub fn initialized(version: &str) -> Rpc {
        let headers = version_header(version);
        Rpc {
            body: json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            ..Rpc::new(None, "notifications/initialized", Value::Null, headers)
        }
    }

    /// A request after the handshake, in the manner of the negotiated version. `name` is what `Mcp-Name` says: the tool of
    /// a call.
    pub fn request(
        id: u64,
        era: Era,
        version: &str,
        method: &'static str,
        params: Value,
        name: Option<&str>,
    ) -> Rpc {
        match era {
            Era::Modern => Rpc::modern(id, method, params, name),
            Era::Legacy => Rpc::new(Some(id), method, params, version_header(version)),
        }
    }

    /// Sends an argument of a call as a header, too: `Mcp-Param-<NAME>` (2026-07-28, `x-mcp-header`).
    pub fn mirror(&mut self, name: &str, argument: &Value) {
        let text = match argument {
            Value::String(text) => encoded_name(text),
            Value::Number(_) | Value::Bool(_) => argument.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        self.headers
            .push((format!("Mcp-Param-{name}").into(), text));
    }

    fn modern(id: u64, method: &'static str, mut params: Value, name: Option<&str>) -> Rpc {
        let version = Revision::NEWEST.word();
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientInfo": client_info(),
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let mut headers = version_header(version);
        headers.push(("Mcp-Method".into(), method.to_owned()));
        if let Some(name) = name {
            headers.push(("Mcp-Name".into(), encoded_name(name)));
        }
        Rpc::new(Some(id), method, params, headers)
    }

    fn new(
        id: Option<u64>,
        method: &'static str,
        params: Value,
        headers: Vec<(Cow<'static, str>, String)>,
    ) -> Rpc {
        let id = id.map(Value::from);
        Rpc {
            method,
            body: json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
            id,
            headers,
        }
    }
}

/// Revisions before 2025-06-18 know no version header, and ignore it.
fn version_header(version: &str) -> Vec<(Cow<'static, str>, String)> {
    vec![("MCP-Protocol-Version".into(), version.to_owned())]
}

/// A name as a header's value carries it (2026-07-28): as it is where that is plain text, else in base64 between
/// `=?base64?` and `?=`.
pub fn encoded_name(name: &str) -> String {
    let plain = !name.is_empty()
        && name.bytes().all(|byte| (0x20..0x7F).contains(&byte))
        && name.trim() == name
        && !name.starts_with("=?base64?");
    match plain {
        true => name.to_owned(),
        false => format!("=?base64?{}?=", base64(name.as_bytes())),
    }
}

/// RFC 4648, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * at) & 63) as usize];
            text.push(if at <= chunk.len() {
                letter as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_where_a_header_cannot_carry_them() {
        for (name, expected) in [
            ("add_numbers", "add_numbers"),
            ("a b", "a b"),
            (" a", "=?base64?IGE=?="),
            ("größe", "=?base64?Z3LDtsOfZQ==?="),
            ("=?base64?x?=", "=?base64?PT9iYXNlNjQ/eD89?="),
        ] {
            assert_eq!(encoded_name(name), expected, "{name}");
        }
    }

    #[test]
    fn only_the_modern_era_names_its_version_at_once() {
        let discover = Rpc::discover(1);
        let names: Vec<&str> = discover
            .headers
            .iter()
            .map(|(name, _)| name.as_ref())
            .collect();
        assert_eq!(names, ["MCP-Protocol-Version", "Mcp-Method"]);
        assert!(Rpc::initialize(1, Revision::LAST_LEGACY).headers.is_empty());
        let list = Rpc::request(2, Era::Legacy, "2025-06-18", "tools/list", json!({}), None);
        assert_eq!(list.headers, version_header("2025-06-18"));
        assert!(list.body["params"].get("_meta").is_none());
    }
}
