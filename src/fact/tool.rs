//! Tools that a server lists, as far as they are looked at.

use serde::{Deserialize, Serialize};

/// The tools of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// In the order of the pages, at most [`super::Limits::TOOLS`].
    pub tools: Vec<Tool>,
    /// How many there were on the pages that were read.
    pub count: usize,
    /// Pages that were read.
    pub pages: usize,
    /// How the list ended.
    pub end: ListEnd,
}

/// How a list ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ListEnd {
    /// Its last page was read.
    Complete,
    /// The server gave a cursor that it had given before.
    Loop(String),
    /// More tools, pages or bytes than are read.
    Cap,
    /// A page could not be read; the last exchange tells.
    Failed,
}

/// One tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name, cut at 512 characters; empty when it has none.
    pub name: String,
    /// Its title or the first line of its description, cut at 200 characters.
    pub summary: String,
    /// The names of its arguments, those that are required first; at most 50.
    pub arguments: Vec<String>,
    /// How many of them are required.
    pub required: usize,
    /// What is wrong with its definition.
    pub flaws: Vec<Flaw>,
    /// Arguments that are also sent as headers (`x-mcp-header`, 2026-07-28): argument and header. An argument is named as in
    /// a JSON pointer without its first slash, one within another by both: `filter/region`. None where a rule is broken.
    pub headers: Vec<(String, String)>,
}

/// What is wrong with a tool's definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flaw {
    /// It is no object.
    NoObject,
    /// It has no name, or the name is no text.
    NoName,
    /// It has no `inputSchema`, or that is null.
    NoSchema,
    /// Its `inputSchema` is something else than an object; what.
    SchemaKind(String),
    /// Its `inputSchema` is not of type `object`; of which.
    SchemaType(String),
    /// Its `inputSchema` is not valid JSON Schema; where and why.
    Schema {
        /// JSON pointer into the schema.
        at: String,
        /// What is wrong there.
        why: String,
    },
    /// It is nested deeper than it is read.
    TooDeep,
    /// Its schema refers to another address, which most clients do not load.
    ForeignReference(String),
    /// An `x-mcp-header` that clients have to refuse; why.
    Header(String),
}
