//! What could not be looked at, kept within bounds.

use super::trouble::Trouble;

/// What could not be looked at, and why.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    list: Vec<(String, String)>,
    more: usize,
}

/// An engine that fails a thousand times is not told a thousand times.
const MOST: usize = 30;

impl Gaps {
    pub fn add(&mut self, what: impl Into<String>, why: impl ToString) {
        if self.list.len() < MOST {
            self.list.push((what.into(), why.to_string()));
        } else {
            self.more += 1;
        }
    }

    /// What was asked for, unless it failed. What is gone meanwhile is no gap.
    pub fn sift<T>(&mut self, what: impl Into<String>, answer: Result<T, Trouble>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(Trouble::Absent) => None,
            Err(trouble) => {
                self.add(what, trouble);
                None
            }
        }
    }

    /// What was asked for, unless it failed. It cannot have gone.
    pub fn must<T>(&mut self, what: &str, answer: Result<T, Trouble>) -> Option<T> {
        answer.map_err(|trouble| self.add(what, trouble)).ok()
    }

    /// In order, whichever answer came first.
    pub fn into_list(mut self) -> Vec<(String, String)> {
        self.list.sort_unstable();
        self.list.dedup();
        if self.more > 0 {
            let more = format!("{} more could not be looked at", self.more);
            self.list.push(("containers".to_owned(), more));
        }
        self.list
    }
}
