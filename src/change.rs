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

/// A file that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    /// Its name as reports show it: relative to the working directory when below it, with `/`.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// A way to let a gateway use a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The server's own streamable HTTP.
    Http,
    /// The server's own HTTP+SSE.
    Sse,
    /// A bridge beside the server, which speaks stdio to it and HTTP to the gateway.
    Bridge,
    /// The gateway starts the server itself, over stdio.
    StdioInGateway,
}

impl Way {
    /// All of them, the simplest first.
    pub const ALL: [Way; 4] = [Way::Http, Way::Sse, Way::Bridge, Way::StdioInGateway];

    /// The word of the command line and of reports.
    pub fn word(self) -> &'static str {
        match self {
            Way::Http => "http",
            Way::Sse => "sse",
            Way::Bridge => "bridge",
            Way::StdioInGateway => "stdio-in-gateway",
        }
    }

    /// What it is, for people.
    pub fn title(self) -> &'static str {
        match self {
            Way::Http => "streamable HTTP of its own",
            Way::Sse => "HTTP+SSE of its own",
            Way::Bridge => "a bridge",
            Way::StdioInGateway => "stdio in the gateway",
        }
    }
}

/// A way that was weighed and cannot be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which one.
    pub way: Way,
    /// Why not: a clause.
    pub why: String,
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
    /// Files that come with the changes.
    pub files: Vec<NewFile>,
    /// Lines for a person to write where no change says it, or to choose from.
    pub text: Option<String>,
    /// Commands that have to be run for the repair to hold, each after those before it. Shown, never run.
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
            files: Vec::new(),
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

    /// A repair that a person makes by running a command; more follow with [`Fix::then`].
    pub fn run(title: impl Into<String>, command: impl Into<String>) -> Fix {
        Fix::new(Safety::Manual, title).then(command)
    }

    /// Whether it can be made without a person writing anything.
    pub fn is_written(&self) -> bool {
        self.safety > Safety::Manual && !(self.changes.is_empty() && self.files.is_empty())
    }

    /// Adds a change.
    pub fn change(mut self, at: Pointer, op: Op) -> Fix {
        self.changes.push(Change { at, op });
        self
    }

    /// Adds a file that is not there yet.
    pub fn file(mut self, name: impl Into<String>, text: impl Into<String>) -> Fix {
        self.files.push(NewFile {
            name: name.into(),
            text: text.into(),
        });
        self
    }

    /// Adds a command to run afterwards.
    pub fn then(mut self, command: impl Into<String>) -> Fix {
        self.then.push(command.into());
        self
    }
}
