//! The findings that were there before, as a file that a team keeps beside its configuration: they pass, new ones do not.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a baseline calls itself.
pub const SCHEMA: &str = "mcpdoc-baseline/1";
/// What every version of it does.
const FAMILY: &str = "mcpdoc-baseline/";

/// Known findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The files that were read when it was written, as seen from the folder that the project's names are relative to.
    pub inputs: BTreeSet<String>,
    /// Of these the ones that are still there: a run that does not read them all sees less.
    pub awaited: BTreeSet<String>,
    /// In the order of the file.
    pub known: Vec<Known>,
}

/// A finding that was there before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The check's id, or the one that it had then.
    pub check: String,
    /// The file that it stood in, as seen from the folder that the project's names are relative to; null where it stood
    /// in none.
    pub file: Option<String>,
    /// The node, the endpoint or the container.
    pub path: String,
    /// What it said, for people.
    pub message: String,
    /// What it is recognised by.
    pub fingerprint: String,
    /// Whether its file is there no more.
    #[serde(skip)]
    pub is_gone: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    inputs: BTreeSet<String>,
    findings: Vec<Known>,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum NoBaseline {
    /// It is another program's, or damaged.
    #[error("is not a baseline ({0}); `mcpdoc check --write-baseline FILE` writes one")]
    Malformed(String),
    /// It is of a version that is not known here.
    #[error("has the schema {0}, and mcpdoc {version} reads {SCHEMA}: use the mcpdoc that wrote it, or write it again with --write-baseline", version = env!("CARGO_PKG_VERSION"))]
    Newer(String),
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// When the text is none, or one of another version.
    pub fn parse(text: &str) -> Result<Baseline, NoBaseline> {
        let malformed = |error: serde_json::Error| NoBaseline::Malformed(error.to_string());
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: serde_json::Value = serde_json::from_str(text).map_err(malformed)?;
        match value["schema"].as_str() {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with(FAMILY) => {
                return Err(NoBaseline::Newer(crate::secret::redact(other)));
            }
            _ => {
                return Err(NoBaseline::Malformed(format!(
                    "its `schema` is not {SCHEMA}"
                )));
            }
        }
        // Once more from the text: then errors tell the line.
        let document: Document = serde_json::from_str(text).map_err(malformed)?;
        Ok(Baseline {
            awaited: document.inputs.clone(),
            inputs: document.inputs,
            known: document.findings,
        })
    }

    /// The document, with a final newline; sorted, so that two of them differ where their findings do.
    ///
    /// # Errors
    /// When it cannot be serialised; it always can.
    pub fn render(&self) -> serde_json::Result<String> {
        let mut findings = self.known.clone();
        let key = |known: &Known| {
            (
                known.file.clone(),
                known.path.clone(),
                known.check.clone(),
                known.fingerprint.clone(),
            )
        };
        findings.sort_by_cached_key(key);
        let document = Document {
            schema: SCHEMA.to_owned(),
            inputs: self.inputs.clone(),
            findings,
        };
        let mut text = serde_json::to_string_pretty(&document)?;
        text.push('\n');
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(check: &str, file: Option<&str>) -> Known {
        Known {
            check: check.to_owned(),
            file: file.map(str::to_owned),
            path: "mcp_servers.db".to_owned(),
            message: "m".to_owned(),
            fingerprint: format!("{check}-1"),
            is_gone: false,
        }
    }

    #[test]
    fn a_baseline_comes_back_sorted() {
        let some = [
            known("b", Some("z")),
            known("a", Some("z")),
            known("c", None),
        ];
        let baseline = Baseline {
            known: some.to_vec(),
            ..Baseline::default()
        };
        let text = baseline.render().expect("a text");
        let back = Baseline::parse(&text).expect("a baseline");
        let [b, a, c] = some;
        assert_eq!(back.known, [c, a, b]);
        assert_eq!(
            Baseline::parse(&format!("\u{feff}{text}")).expect("one"),
            back
        );
        assert_eq!(back.render().expect("a text"), text);
    }

    #[test]
    fn what_is_none_is_said_to_be_none() {
        let refused = |text: &str| Baseline::parse(text).expect_err(text).to_string();
        assert!(refused("{").contains("line 1"));
        assert!(refused("{}").contains("its `schema` is not mcpdoc-baseline/1"));
        assert!(
            refused(r#"{"schema": "mcpdoc-baseline/2"}"#).contains("use the mcpdoc that wrote it")
        );
        let more =
            "{\"schema\": \"mcpdoc-baseline/1\",\n \"inputs\": [], \"findings\": [], \"x\": 1}";
        assert!(refused(more).contains("line 2"), "{}", refused(more));
    }
}
