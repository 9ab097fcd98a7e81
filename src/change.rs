//! What a check may ask for: changes to nodes, never to bytes. [`crate::fix`] turns them into edits.

use crate::source::Pointer;

/// How far a fix can be trusted without a person looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Shown as text; a person has to do it.
    Manual,
    /// Changes behaviour on our judgement.
    Unsafe,
    /// Keeps the meaning, or does what was plainly intended.
    Safe,
}

impl Safety {
    /// The word used in reports.
    pub fn word(self) -> &'static str {
        match self {
            Safety::Manual => "manual",
            Safety::Unsafe => "unsafe",
            Safety::Safe => "safe",
        }
    }
}

/// One operation on a node.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The value becomes this one.
    Set(serde_json::Value),
    /// The key becomes this one; the value stays.
    Rename(String),
    /// A new entry in the mapping; created with its parents when absent.
    Insert(String, serde_json::Value),
    /// A new item at the end of the sequence.
    Push(serde_json::Value),
    /// The entry goes.
    Remove,
}

/// An operation and its node.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The node: the value to set, the entry to rename or remove, the collection to add to.
    pub at: Pointer,
    /// What is done there.
    pub op: Op,
}

/// A repair of one finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What it does, as an order: "rename `transport` to `type`".
    pub title: String,
    /// How far it can be trusted.
    pub safety: Safety,
    /// Changes that belong together: all or none.
    pub changes: Vec<Change>,
    /// Lines for a person to write where no change says it: a command, a new file's content.
    pub text: Option<String>,
    /// Commands to run afterwards. Shown, never run.
    pub then: Vec<String>,
    /// What else follows, and is for a person to know.
    pub remarks: Vec<String>,
}

impl Fix {
    /// A repair made of changes.
    pub fn new(safety: Safety, title: impl Into<String>) -> Fix {
        Fix {
            title: title.into(),
            safety,
            changes: Vec::new(),
            text: None,
            then: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// A repair that a person makes, with the lines to write.
    pub fn manual(title: impl Into<String>, text: impl Into<String>) -> Fix {
        let mut fix = Fix::new(Safety::Manual, title);
        fix.text = Some(text.into());
        fix
    }

    /// Adds a change.
    pub fn change(mut self, at: Pointer, op: Op) -> Fix {
        self.changes.push(Change { at, op });
        self
    }

    /// Adds a command to run afterwards.
    pub fn then(mut self, command: impl Into<String>) -> Fix {
        self.then.push(command.into());
        self
    }
}
