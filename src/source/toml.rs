//! TOML through toml_edit's spans.
//!
//! Tables are mappings. The span of a table with a header runs from the bracket to the end of its own last value;
//! that of one without (`a.b = 1`, or `a` of `[a.b]`) from the first to the last of what is in it.

use toml_edit::{Document, Item, Key, TableLike, Value};

use super::tree::{Builder, NodeId, Tree};
use super::{ParseError, ScalarKind, Span, Style};

pub(super) fn parse(text: &str) -> Result<Tree, ParseError> {
    let document = Document::parse(text).map_err(|error| {
        let message = error.message();
        ParseError {
            message: if message.contains("recurs") {
                "nested deeper than 80 levels".into()
            } else {
                message.replace('\n', ", ")
            },
            span: error.span().unwrap_or(0..0),
        }
    })?;
    let mut reader = Reader {
        text,
        builder: Builder::default(),
    };
    let root = reader.table(
        document.as_table(),
        Some(0..text.trim_end().len()),
        Style::Indented,
    );
    reader.builder.finish(root)
}

struct Reader<'a> {
    text: &'a str,
    builder: Builder,
}

/// Recursive: toml_edit has refused what is deep (80 levels of brackets, 80 dots in a key).
impl Reader<'_> {
    fn table(&mut self, table: &dyn TableLike, header: Option<Span>, style: Style) -> NodeId {
        let mut entries = Vec::with_capacity(table.len());
        let mut whole = header.clone();
        for (name, _) in table.iter() {
            let Some((key, item)) = table.get_key_value(name) else {
                continue;
            };
            let value = self.item(item);
            let span = self.builder.span(value);
            let key = self.key(key, span.start);
            // Tables with headers of their own may stand anywhere in the file.
            let elsewhere = item.as_table().is_some_and(|table| !table.is_dotted())
                || item.is_array_of_tables();
            if header.is_none() || !elsewhere {
                let key = self.builder.span(key);
                let start = if elsewhere { span.start } else { key.start };
                whole = Some(match whole {
                    Some(whole) => whole.start.min(start)..whole.end.max(span.end),
                    None => start..span.end,
                });
            }
            entries.push((key, value));
        }
        self.builder.map(whole.unwrap_or(0..0), entries, style)
    }

    fn key(&mut self, key: &Key, before: usize) -> NodeId {
        let span = key.span().unwrap_or(before..before);
        let style = self.style(&span);
        self.builder.scalar(span, ScalarKind::Str, key.get(), style)
    }

    fn item(&mut self, item: &Item) -> NodeId {
        match item {
            Item::None => self
                .builder
                .scalar(0..0, ScalarKind::Null, "", Style::Plain),
            Item::Value(value) => self.value(value),
            Item::Table(table) => {
                let header = table
                    .span()
                    .filter(|_| !table.is_implicit() && !table.is_dotted());
                self.table(table, header, Style::Indented)
            }
            Item::ArrayOfTables(tables) => {
                let items: Vec<NodeId> = tables
                    .iter()
                    .map(|table| self.table(table, table.span(), Style::Indented))
                    .collect();
                let start = items.first().map_or(0, |id| self.builder.span(*id).start);
                let end = items.last().map_or(0, |id| self.builder.span(*id).end);
                self.builder.seq(start..end, items, Style::Indented)
            }
        }
    }

    fn value(&mut self, value: &Value) -> NodeId {
        let span = value.span().unwrap_or(0..0);
        let written = self.text.get(span.clone()).unwrap_or_default();
        match value {
            Value::String(text) => {
                let style = self.style(&span);
                self.builder
                    .scalar(span, ScalarKind::Str, text.value(), style)
            }
            Value::Integer(_) => self
                .builder
                .scalar(span, ScalarKind::Int, written, Style::Plain),
            Value::Float(_) => self
                .builder
                .scalar(span, ScalarKind::Float, written, Style::Plain),
            Value::Boolean(truth) => {
                let kind = ScalarKind::Bool(*truth.value());
                self.builder.scalar(span, kind, written, Style::Plain)
            }
            Value::Datetime(_) => {
                self.builder
                    .scalar(span, ScalarKind::Timestamp, written, Style::Plain)
            }
            Value::Array(array) => {
                let items = array.iter().map(|item| self.value(item)).collect();
                self.builder.seq(span, items, Style::Flow)
            }
            // Keys with dots within braces make tables that are written nowhere.
            Value::InlineTable(table) => {
                let header = Some(span).filter(|_| !table.is_dotted());
                self.table(table, header, Style::Flow)
            }
        }
    }

    fn style(&self, span: &Span) -> Style {
        match self.text.as_bytes().get(span.start) {
            Some(b'"') => Style::Double,
            Some(b'\'') => Style::Single,
            _ => Style::Plain,
        }
    }
}
