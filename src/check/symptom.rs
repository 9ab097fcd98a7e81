//! Answers whose cause is known: who gives them, what they mean, and what to do. Collected from the sources of SDKs and
//! gateways and from recorded conversations.

use super::{Finding, Source};
use crate::change::Fix;
use crate::wire::Trouble;

/// An answer whose cause is known.
#[derive(Debug)]
pub(crate) struct Symptom {
    /// Words of the answer, as they stand in it.
    says: &'static str,
    /// Who says it and what it means there.
    pub means: &'static str,
    /// What to do, as the title of a repair.
    pub mend: &'static str,
    /// The lines to write; empty when there are none.
    pub lines: &'static str,
}

static SYMPTOMS: &[Symptom] = &[
    Symptom {
        says: "Task group is not initialized",
        means: "the Python SDK says this when its app is mounted in another one without its lifespan",
        mend: "run the session manager in the lifespan of the outer app",
        lines: "Starlette(routes=[Mount(\"/\", app=mcp.streamable_http_app())], lifespan=lambda app: mcp.session_manager.run())",
    },
    Symptom {
        says: "MCP request failed",
        means: "LiteLLM answers so whatever went wrong, a missing or wrong key included; `details` and its log tell more",
        mend: "send a key that the gateway knows, then look at its log",
        lines: "\"headers\": {\"Authorization\": \"Bearer ${LITELLM_KEY}\"}",
    },
    Symptom {
        says: "Authentication Error, No api key passed in",
        means: "LiteLLM says this when no header with a key came",
        mend: "send a key of the gateway",
        lines: "\"headers\": {\"Authorization\": \"Bearer ${LITELLM_KEY}\"}",
    },
    Symptom {
        says: "Error handling POST request",
        means: "the Python SDK says this when the server's own code failed; the traceback is in its log",
        mend: "look at the log of the server",
        lines: "",
    },
    Symptom {
        says: "Child process has been killed",
        means: "supergateway says this when the stdio server behind it ended",
        mend: "run the command that supergateway starts by itself, and see why it ends",
        lines: "mcpdoc probe -- COMMAND",
    },
    Symptom {
        says: "Server is not ready",
        means: "supergateway says this while the stdio server behind it starts",
        mend: "wait until the stdio server has started; run its command by itself if that does not end",
        lines: "mcpdoc probe -- COMMAND",
    },
    Symptom {
        says: "Received request before initialization was complete",
        means: "the Python SDK says this when a request comes before `notifications/initialized`: several workers, or a \
                proxy that spreads one session over several servers",
        mend: "run one worker, or the server without sessions",
        lines: "FastMCP(\"name\", stateless_http=True)",
    },
    Symptom {
        says: "eval_type_backport",
        means: "mcp before 1.30 does not fit pydantic 2.12 and later",
        mend: "install versions that fit together",
        lines: "pip install 'mcp>=1.30'",
    },
    Symptom {
        says: "Invalid HTTP request received",
        means: "uvicorn says this to a TLS greeting or to bytes that are no HTTP",
        mend: "call it with http://",
        lines: "",
    },
];

/// The symptom that an answer shows. Looked for in the trouble's evidence and in `says`.
pub(crate) fn of(trouble: &Trouble, says: &str) -> Option<&'static Symptom> {
    let mut known = SYMPTOMS.iter();
    known.find(|symptom| {
        says.contains(symptom.says)
            || trouble
                .evidence
                .iter()
                .any(|text| text.contains(symptom.says))
    })
}

impl Symptom {
    /// Adds what is known to a finding.
    pub fn told(&self, finding: Finding) -> Finding {
        finding
            .evidence(Source::Catalog, self.means)
            .fix(self.fix())
    }

    /// What to do.
    pub fn fix(&self) -> Fix {
        match self.lines {
            "" => Fix::manual(self.mend, self.mend),
            lines => Fix::manual(self.mend, lines),
        }
    }
}
