//! Tool calls on the command line.

use anyhow::{bail, ensure};
use serde_json::Value;

use crate::chain::Hop;
use crate::cli::CallArgs;
use crate::plan::ToolCall;
use crate::secret::redact;
use crate::{Examination, unknown_servers};

/// The calls of a run.
///
/// # Errors
/// When one of them has another form than [`read`] wants.
pub(super) fn read_all(args: &CallArgs) -> anyhow::Result<Vec<ToolCall>> {
    args.call.iter().map(|text| read(text)).collect()
}

/// `SERVER:TOOL=JSON`, the latter optional. What is wrong with the arguments is said without them: they may hold secrets.
///
/// # Errors
/// When it has another form.
fn read(text: &str) -> anyhow::Result<ToolCall> {
    let (name, json) = match text.split_once('=') {
        Some((name, json)) => (name, Some(json)),
        None => (text, None),
    };
    let Some((server, tool)) = name
        .split_once(':')
        .filter(|(server, tool)| !server.is_empty() && !tool.is_empty())
    else {
        bail!(
            "--call {}: is not SERVER:TOOL or SERVER:TOOL=JSON, such as db_main:list_objects={{\"schema_name\": \"public\"}}",
            redact(name)
        );
    };
    Ok(ToolCall {
        server: server.to_owned(),
        tool: tool.to_owned(),
        arguments: arguments(
            &format!("--call {}: what stands behind =", redact(name)),
            json,
        )?,
    })
}

/// The arguments of a call; `place` names them in an error, which has nothing of what they are.
pub(super) fn arguments(place: &str, text: Option<&str>) -> anyhow::Result<Value> {
    let arguments: Value = match serde_json::from_str(text.unwrap_or("{}")) {
        Ok(value) => value,
        Err(error) => bail!("{place} is no JSON: {error}"),
    };
    let kind = match &arguments {
        Value::Object(_) => return Ok(arguments),
        Value::Array(_) => "an array",
        Value::String(_) => "a text",
        Value::Number(_) => "a number",
        Value::Bool(_) => "true or false",
        Value::Null => "null",
    };
    bail!("{place} is {kind}, and a tool takes an object such as {{\"path\": \"/tmp\"}}")
}

/// Refuses calls to servers that nobody has, and says which there are.
///
/// # Errors
/// When there is such a call.
pub(super) fn are_known(examination: &Examination, calls: &[ToolCall]) -> anyhow::Result<()> {
    let chain = &examination.chain;
    let Some(call) = unknown_servers(chain, calls).into_iter().next() else {
        return Ok(());
    };
    let servers = chain.upstreams().map(Hop::entry);
    let straight = chain.hops.iter().filter(|hop| hop.is_straight());
    let entries = straight.map(Hop::entry);
    let mut names: Vec<String> = servers.chain(entries).map(redact).collect();
    names.sort();
    names.dedup();
    let server = redact(&call.server);
    let name = redact(&call.name());
    let leads_to_gateway = chain
        .hops
        .iter()
        .any(|hop| hop.entry() == call.server && hop.gateway().is_some());
    let why = match leads_to_gateway {
        true => format!("{server} leads to the gateway: name a server behind it"),
        false => format!(
            "no gateway has a server {server}, and no client an entry of this name that leads to one"
        ),
    };
    ensure!(
        !names.is_empty(),
        "--call {name}: {why}; there is no server in the files that were read"
    );
    bail!("--call {name}: {why}; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_names_server_tool_and_arguments() {
        let call = read("db_main:list_objects={\"a\": \"x=y:z\"}").expect("a call");
        assert_eq!(call.name(), "db_main:list_objects");
        assert_eq!(call.arguments, serde_json::json!({"a": "x=y:z"}));
        let call = read("db:ns:tool").expect("a call");
        assert_eq!(
            (call.server.as_str(), call.tool.as_str()),
            ("db", "ns:tool")
        );
        assert_eq!(call.arguments, serde_json::json!({}));
    }

    #[test]
    fn what_is_no_call_says_so_without_its_arguments() {
        for (text, why) in [
            ("list_objects", "--call list_objects: is not SERVER:TOOL"),
            (":tool", "--call :tool: is not SERVER:TOOL"),
            ("db:={}", "--call db:: is not SERVER:TOOL"),
            (
                "db:query={canary",
                "--call db:query: what stands behind = is no JSON: ",
            ),
            (
                "db:query=\"canary\"",
                "--call db:query: what stands behind = is a text, and a tool takes an object",
            ),
        ] {
            let error = read(text).expect_err(text).to_string();
            assert!(error.starts_with(why), "{text}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
