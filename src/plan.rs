//! Which questions to ask next. Pure: stack and facts in, questions out.

use crate::fact::Facts;
use crate::model::Stack;

/// A whole conversation with the world: a survey of an engine, a probe of one url from one vantage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {}

/// The questions whose answers are not among the facts. Empty until something can observe.
pub fn next(_stack: &Stack, _facts: &Facts) -> Vec<Question> {
    Vec::new()
}
