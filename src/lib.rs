//! mcpdoc finds out why an MCP client cannot use the tools of an MCP server that sits behind a gateway and in
//! containers.
//!
//! Files become a [`model::Stack`]; [`chain`] follows every call in it; [`checks`] say what is wrong; [`verdict`] says
//! what that means for each hop; [`report`] shows it. Everything between [`load::Files`] and the report is pure:
//!
//! ```
//! use mcpdoc::chain::Settings;
//! use mcpdoc::load::{Memory, Request};
//! use mcpdoc::{Selection, examine};
//!
//! let mut files = Memory::default();
//! files.insert("/stack/litellm.yaml", "mcp_servers:\n  db:\n    transport: SSE\n    url: http://db:8000/sse\n");
//! let request = Request {
//!     cwd: "/stack".into(),
//!     litellm: vec!["/stack/litellm.yaml".into()],
//!     ..Request::default()
//! };
//! let examination = examine(&request, &Settings::default(), &Selection::default(), &files);
//! let first = &examination.diagnosis.findings[0].finding;
//! assert_eq!(first.check, "transport-invalid");
//! ```

pub mod catalog;
pub mod chain;
pub mod change;
pub mod check;
pub mod checks;
pub mod cli;
pub mod command;
pub mod disk;
pub mod fact;
pub mod fix;
pub mod gateway;
pub mod load;
pub mod model;
pub mod plan;
pub mod repair;
pub mod report;
pub mod secret;
pub mod source;
pub mod term;
pub mod verdict;

use catalog::Catalog;
use chain::{Chain, Settings};
use check::{Case, Check, Findings};
use fact::Facts;
use load::{Files, Request};
use model::Stack;
use verdict::{Diagnosis, Ran};

/// Which checks run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these, when there are any.
    pub only: Vec<&'static Check>,
    /// Never these.
    pub skip: Vec<&'static Check>,
}

impl Selection {
    fn ran(&self) -> Ran {
        if self.only.is_empty() && self.skip.is_empty() {
            Ran::All
        } else {
            Ran::Some
        }
    }

    fn takes(&self, check: &Check) -> bool {
        let listed = |list: &[&'static Check]| list.iter().any(|have| have.id == check.id);
        (self.only.is_empty() || listed(&self.only)) && !listed(&self.skip)
    }
}

/// A finished examination: what was read, how it hangs together, what is wrong with it.
#[derive(Debug)]
pub struct Examination {
    /// What is declared.
    pub stack: Stack,
    /// Who calls whom.
    pub chain: Chain,
    /// What is wrong.
    pub diagnosis: Diagnosis,
}

/// Reads everything that is asked for and says what is wrong with it.
pub fn examine(
    request: &Request,
    settings: &Settings,
    selection: &Selection,
    files: &dyn Files,
) -> Examination {
    let stack = load::load(request, files);
    let catalog = Catalog::builtin();
    let facts = Facts::none();
    debug_assert!(
        plan::next(&stack, &facts).is_empty(),
        "nothing observes yet"
    );
    let chain = chain::build(&stack, &catalog, settings);
    let case = Case {
        stack: &stack,
        facts: &facts,
        catalog: &catalog,
        chain: &chain,
    };
    let mut findings = Findings::default();
    for check in checks::ALL.iter().filter(|check| selection.takes(check)) {
        match case.lacks(check) {
            Some(reason) => findings.skip_check(check, reason),
            None => findings.run(check, &case),
        }
    }
    let (findings, skipped) = findings.into_parts();
    let diagnosis = verdict::judge(&stack, &chain, findings, skipped, selection.ran());
    Examination {
        stack,
        chain,
        diagnosis,
    }
}
