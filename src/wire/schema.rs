//! Whether a tool's schema is JSON Schema: the mistakes that make validators and model providers refuse a tool. It is
//! held against the keywords of draft 2020-12, which the protocol assumes where a schema names no other, and against what
//! older drafts allow where one names them. Nothing is ever loaded from another address.

use serde_json::{Map, Value};
use url::Url;

use super::raw;
use crate::fact::Flaw;

/// A schema within a schema.
#[derive(Debug)]
pub(super) struct Position<'a> {
    /// Itself.
    pub schema: &'a Map<String, Value>,
    /// The position that it is a part of; the root is part of none.
    pub parent: Option<usize>,
    /// Whether only `properties` lead to it: it says what an argument is.
    pub is_argument: bool,
    /// The keyword that leads to it from its parent.
    keyword: &'a str,
    /// The entry of that keyword's object or list.
    entry: Entry<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Entry<'a> {
    Whole,
    Name(&'a str),
    Index(usize),
}

impl<'a> Position<'a> {
    /// Where it is: a JSON pointer into the root.
    pub(super) fn pointer(&self, all: &[Position<'a>]) -> String {
        let mut steps = Vec::new();
        for position in self.line(all) {
            match position.entry {
                Entry::Whole => {}
                Entry::Name(name) => steps.push(escaped(name)),
                Entry::Index(index) => steps.push(index.to_string()),
            }
            steps.push(escaped(position.keyword));
        }
        steps
            .iter()
            .rev()
            .flat_map(|step| ["/", step.as_str()])
            .collect()
    }

    /// The names that lead to an argument, joined with `/`.
    pub(super) fn argument(&self, all: &[Position<'a>]) -> String {
        let names = self.line(all).filter_map(|position| match position.entry {
            Entry::Name(name) => Some(escaped(name)),
            Entry::Whole | Entry::Index(_) => None,
        });
        let mut names: Vec<String> = names.collect();
        names.reverse();
        names.join("/")
    }

    /// Itself and what it is part of, without the root.
    fn line<'b>(&'b self, all: &'b [Position<'a>]) -> impl Iterator<Item = &'b Position<'a>> {
        std::iter::successors(Some(self), |one| one.parent.and_then(|at| all.get(at)))
            .filter(|one| one.parent.is_some())
    }
}

/// A step of a JSON pointer (RFC 6901).
fn escaped(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// What the value of a keyword has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// A schema: an object or a boolean.
    Schema,
    /// A list of schemas, not empty.
    Schemas,
    /// An object whose values are schemas.
    SchemaMap,
    /// A schema; before 2020-12 a list of schemas, too.
    Items,
    /// An object whose values are schemas or lists of names.
    Dependencies,
    /// A word for a type, or a list of such words.
    Type,
    /// A list of anything.
    List,
    /// A list of texts, none of them twice.
    Names,
    /// An object whose values are such lists.
    NamesMap,
    /// A text.
    Text,
    /// A boolean.
    Boolean,
    /// A number.
    Number,
    /// A number; in draft 4 a boolean.
    Bound,
    /// A number above 0.
    Positive,
    /// A whole number from 0.
    Count,
}

/// The keywords of the drafts from 4 to 2020-12. Those that are missing can have any value.
const KEYWORDS: &[(&str, Form)] = &[
    ("type", Form::Type),
    ("properties", Form::SchemaMap),
    ("required", Form::Names),
    ("items", Form::Items),
    ("prefixItems", Form::Schemas),
    ("enum", Form::List),
    ("allOf", Form::Schemas),
    ("anyOf", Form::Schemas),
    ("oneOf", Form::Schemas),
    ("not", Form::Schema),
    ("if", Form::Schema),
    ("then", Form::Schema),
    ("else", Form::Schema),
    ("contains", Form::Schema),
    ("propertyNames", Form::Schema),
    ("additionalProperties", Form::Schema),
    ("additionalItems", Form::Schema),
    ("unevaluatedProperties", Form::Schema),
    ("unevaluatedItems", Form::Schema),
    ("contentSchema", Form::Schema),
    ("patternProperties", Form::SchemaMap),
    ("dependentSchemas", Form::SchemaMap),
    ("$defs", Form::SchemaMap),
    ("definitions", Form::SchemaMap),
    ("dependencies", Form::Dependencies),
    ("dependentRequired", Form::NamesMap),
    ("examples", Form::List),
    ("minimum", Form::Number),
    ("maximum", Form::Number),
    ("exclusiveMinimum", Form::Bound),
    ("exclusiveMaximum", Form::Bound),
    ("multipleOf", Form::Positive),
    ("minLength", Form::Count),
    ("maxLength", Form::Count),
    ("minItems", Form::Count),
    ("maxItems", Form::Count),
    ("minProperties", Form::Count),
    ("maxProperties", Form::Count),
    ("minContains", Form::Count),
    ("maxContains", Form::Count),
    ("uniqueItems", Form::Boolean),
    ("pattern", Form::Text),
    ("format", Form::Text),
    ("title", Form::Text),
    ("description", Form::Text),
    ("$ref", Form::Text),
    ("$id", Form::Text),
    ("$schema", Form::Text),
    ("$anchor", Form::Text),
    ("$comment", Form::Text),
];

const TYPES: [&str; 7] = [
    "null", "boolean", "object", "array", "number", "string", "integer",
];

/// Drafts, as far as they differ here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Draft {
    Four,
    SixToNineteen,
    Twenty,
}

impl Draft {
    /// The one that a schema names; nothing when mcpdoc does not know it.
    fn of(root: &Map<String, Value>) -> Option<Draft> {
        let Some(named) = root.get("$schema") else {
            return Some(Draft::Twenty);
        };
        let named = named.as_str().unwrap_or_default();
        let known = [
            ("/draft-04/", Draft::Four),
            ("/draft-06/", Draft::SixToNineteen),
            ("/draft-07/", Draft::SixToNineteen),
            ("/draft/2019-09/", Draft::SixToNineteen),
            ("/draft/2020-12/", Draft::Twenty),
        ];
        let found = known.iter().find(|(part, _)| named.contains(part));
        found.map(|(_, draft)| *draft)
    }
}

/// Every schema in a schema, the root first. `$ref` is not followed; values of `default`, `enum` and the like are data.
pub(super) fn positions(root: &Map<String, Value>) -> Vec<Position<'_>> {
    let mut all = vec![Position {
        schema: root,
        parent: None,
        is_argument: true,
        keyword: "",
        entry: Entry::Whole,
    }];
    let mut next = 0;
    while let Some(position) = all.get(next) {
        let (schema, is_argument) = (position.schema, position.is_argument);
        for (keyword, value) in schema {
            for (entry, part) in parts(keyword, value) {
                if let Value::Object(schema) = part {
                    all.push(Position {
                        schema,
                        parent: Some(next),
                        is_argument: is_argument && keyword == "properties",
                        keyword,
                        entry,
                    });
                }
            }
        }
        next += 1;
    }
    all
}

/// What a keyword's value holds that may be a schema.
fn parts<'a>(keyword: &str, value: &'a Value) -> Vec<(Entry<'a>, &'a Value)> {
    match (form(keyword), value) {
        (Some(Form::Schema | Form::Items), Value::Object(_)) => vec![(Entry::Whole, value)],
        (Some(Form::Schemas | Form::Items), Value::Array(list)) => {
            let entries = list.iter().enumerate();
            entries
                .map(|(index, part)| (Entry::Index(index), part))
                .collect()
        }
        (Some(Form::SchemaMap | Form::Dependencies), Value::Object(map)) => {
            let entries = map.iter();
            entries
                .map(|(name, part)| (Entry::Name(name.as_str()), part))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn form(keyword: &str) -> Option<Form> {
    let found = KEYWORDS.iter().find(|(name, _)| *name == keyword);
    found.map(|(_, form)| *form)
}

/// What is wrong with a schema: at most `most` flaws, those nearest to the root first. Not the type of the root itself.
pub(super) fn flaws(
    root: &Map<String, Value>,
    positions: &[Position<'_>],
    most: usize,
) -> Vec<Flaw> {
    let mut found = Vec::new();
    let references = References::of(root, positions);
    let draft = Draft::of(root);
    for position in positions {
        for (keyword, value) in position.schema {
            let why = match (form(keyword), draft) {
                // The type of the root is a matter of its own.
                (Some(Form::Type), _) if position.parent.is_none() => None,
                (Some(form), Some(draft)) => wrong(form, draft, value),
                _ => None,
            };
            let flaw = match why {
                Some(why) => {
                    let at = format!("{}/{}", position.pointer(positions), escaped(keyword));
                    Some((at, why))
                }
                None if keyword == "$ref" => {
                    match value.as_str().and_then(|to| references.wrong(to)) {
                        Some(Flaw::Schema { why, .. }) => {
                            Some((format!("{}/$ref", position.pointer(positions)), why))
                        }
                        Some(foreign) => {
                            if !found.contains(&foreign) {
                                found.push(foreign);
                            }
                            None
                        }
                        None => None,
                    }
                }
                None => None,
            };
            if let Some((at, why)) = flaw {
                found.push(Flaw::Schema {
                    at: raw::cut(&at, QUOTED).to_owned(),
                    why,
                });
            }
            if found.len() >= most {
                return found;
            }
        }
    }
    found
}

/// Characters that are quoted.
const QUOTED: usize = 200;

fn quoted(value: &Value) -> String {
    let text = value.to_string();
    let cut = raw::cut(&text, QUOTED);
    match cut.len() < text.len() {
        true => format!("{cut}…"),
        false => text,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Why a keyword cannot have this value.
fn wrong(form: Form, draft: Draft, value: &Value) -> Option<String> {
    let not = |what: &str| Some(format!("is {}, not {what}", kind(value)));
    let is_schema = |value: &Value| value.is_object() || value.is_boolean();
    match form {
        Form::Schema if is_schema(value) => None,
        Form::Schema => not("a schema"),
        Form::Schemas => match value.as_array() {
            None => not("a list of schemas"),
            Some(list) if list.is_empty() => Some("is empty".to_owned()),
            Some(list) => first_wrong(list.iter().enumerate(), is_schema, "a schema"),
        },
        Form::Items => match value.as_array() {
            None => wrong(Form::Schema, draft, value),
            Some(_) if draft == Draft::Twenty => Some(
                "is a list, which draft 2020-12 no longer has: that is prefixItems now".to_owned(),
            ),
            Some(list) => first_wrong(list.iter().enumerate(), is_schema, "a schema"),
        },
        Form::SchemaMap => match value.as_object() {
            None => not("an object of schemas"),
            Some(map) => first_wrong(map.iter(), is_schema, "a schema"),
        },
        Form::Dependencies => match value.as_object() {
            None => not("an object"),
            Some(map) => first_wrong(
                map.iter(),
                |value| is_schema(value) || value.is_array(),
                "a schema or a list",
            ),
        },
        Form::Type => wrong_type(value),
        Form::List if value.is_array() => None,
        Form::List => not("a list"),
        Form::Names => wrong_names(value),
        Form::NamesMap => match value.as_object() {
            None => not("an object"),
            Some(map) => map.iter().find_map(|(name, value)| {
                wrong_names(value).map(|why| format!("{}: {why}", raw::cut(name, QUOTED)))
            }),
        },
        Form::Text if value.is_string() => None,
        Form::Text => not("a text"),
        Form::Boolean if value.is_boolean() => None,
        Form::Boolean => not("a boolean"),
        Form::Number if value.is_number() => None,
        Form::Bound if value.is_number() || (draft == Draft::Four && value.is_boolean()) => None,
        Form::Number | Form::Bound => not("a number"),
        Form::Positive => match value.as_f64() {
            Some(number) if number > 0.0 => None,
            Some(_) => Some(format!("is {value}, not above 0")),
            None => not("a number"),
        },
        Form::Count => match value.as_f64() {
            Some(number) if number >= 0.0 && number.fract() == 0.0 => None,
            Some(_) => Some(format!("is {value}, not a whole number from 0")),
            None => not("a whole number"),
        },
    }
}

/// The first entry that is not what it has to be.
fn first_wrong<'a, N: ToString>(
    mut entries: impl Iterator<Item = (N, &'a Value)>,
    is_right: impl Fn(&Value) -> bool,
    what: &str,
) -> Option<String> {
    let (name, value) = entries.find(|(_, value)| !is_right(value))?;
    let name = name.to_string();
    Some(format!(
        "{} is {}, not {what}",
        raw::cut(&name, QUOTED),
        kind(value)
    ))
}

fn wrong_type(value: &Value) -> Option<String> {
    let unknown = |word: &Value| match word.as_str() {
        Some(word) if TYPES.contains(&word) => None,
        _ => Some(format!("{} is no type", quoted(word))),
    };
    match value {
        Value::Array(words) if words.is_empty() => Some("is empty".to_owned()),
        Value::Array(words) => words.iter().find_map(unknown),
        word => unknown(word),
    }
}

fn wrong_names(value: &Value) -> Option<String> {
    let Some(list) = value.as_array() else {
        return Some(format!("is {}, not a list of names", kind(value)));
    };
    let mut names: Vec<&str> = Vec::new();
    for name in list {
        match name.as_str() {
            Some(name) => names.push(name),
            None => return Some(format!("{} is no name", quoted(name))),
        }
    }
    names.sort_unstable();
    let twice = names.windows(2).find(|pair| pair[0] == pair[1])?;
    Some(format!("names {} twice", raw::cut(twice[0], QUOTED)))
}

/// What references in a schema can lead to.
struct References<'a> {
    root: Value,
    base: Option<Url>,
    /// Every `$id`, as written.
    ids: Vec<&'a str>,
}

impl<'a> References<'a> {
    fn of(root: &Map<String, Value>, positions: &[Position<'a>]) -> References<'a> {
        let id = |position: &Position<'a>| {
            let schema = position.schema;
            schema.get("$id").or(schema.get("id"))?.as_str()
        };
        let base = positions.first().and_then(id);
        let refers = positions
            .iter()
            .any(|position| position.schema.contains_key("$ref"));
        References {
            // Held as a value to be pointed into; only where something points.
            root: match refers {
                true => Value::Object(root.clone()),
                false => Value::Null,
            },
            base: base.and_then(|base| Url::parse(base).ok()),
            ids: positions.iter().filter_map(id).collect(),
        }
    }

    /// What is wrong with a reference. Where parts of the schema have names of their own, only what leads away for certain is.
    fn wrong(&self, to: &str) -> Option<Flaw> {
        let nowhere = |what: &str| {
            let why = format!("refers to {}, {what}", raw::cut(to, QUOTED));
            Some(Flaw::Schema {
                at: String::new(),
                why,
            })
        };
        if let Some(fragment) = to.strip_prefix('#') {
            if self.ids.len() > usize::from(self.base.is_some()) || !fragment.starts_with('/') {
                return None;
            }
            return match self.root.pointer(&percent_decoded(fragment)) {
                Some(_) => None,
                None => nowhere("which is not in the schema"),
            };
        }
        let address = match Url::parse(to) {
            Ok(address) => Some(address),
            Err(_) => self.base.as_ref().and_then(|base| base.join(to).ok()),
        };
        match address {
            Some(address) if matches!(address.scheme(), "http" | "https") => {
                // Validators bring the drafts themselves along.
                let known = address.host_str() == Some("json-schema.org") || self.has(&address);
                (!known).then(|| {
                    let shown = crate::secret::redact(address.as_str());
                    Flaw::ForeignReference(raw::cut(&shown, QUOTED).to_owned())
                })
            }
            _ if self.ids.is_empty() => nowhere("which is no part of the schema"),
            _ => None,
        }
    }

    /// Whether an address is that of the schema or of a part of it.
    fn has(&self, address: &Url) -> bool {
        let mut address = address.clone();
        address.set_fragment(None);
        self.ids.iter().any(|id| {
            let id = match &self.base {
                Some(base) => base.join(id),
                None => Url::parse(id),
            };
            id.is_ok_and(|mut id| {
                id.set_fragment(None);
                id == address
            })
        })
    }
}

/// A fragment without its `%XX`.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(schema: Value) -> Vec<Flaw> {
        let Value::Object(root) = schema else {
            panic!("an object");
        };
        flaws(&root, &positions(&root), 10)
    }

    fn one(property: Value) -> Vec<Flaw> {
        of(json!({"type": "object", "properties": {"p": property}}))
    }

    fn schema(at: &str, why: &str) -> Flaw {
        Flaw::Schema {
            at: at.to_owned(),
            why: why.to_owned(),
        }
    }

    #[test]
    fn what_servers_really_send_is_valid() {
        for property in [
            json!(true),
            json!({}),
            json!({"type": ["string", "null"], "default": null, "enum": ["a", null]}),
            json!({"anyOf": [{"type": "string"}, {"type": "null"}], "title": "P"}),
            json!({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2.0}),
            json!({"type": "array", "prefixItems": [{"type": "number"}], "items": false}),
            json!({"type": "integer", "minimum": 0, "exclusiveMaximum": 1.5, "multipleOf": 0.1}),
            json!({"type": "object", "additionalProperties": {"type": "string"}, "examples": [{}]}),
            json!({"type": "string", "format": "int64", "nullable": true, "x-order": 3, "example": 5}),
            json!({"const": {"type": "no type"}, "default": {"properties": 5}, "type": "object"}),
            json!({"discriminator": {"mapping": {"a": "#/$defs/A"}}, "oneOf": [{"type": "object"}]}),
            json!({"dependentRequired": {"a": ["b"]}, "required": []}),
        ] {
            assert_eq!(one(property.clone()), [], "{property}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (property, at, why) in [
            (json!({"type": "any"}), "/type", "\"any\" is no type"),
            (
                json!({"type": ["string", "int"]}),
                "/type",
                "\"int\" is no type",
            ),
            (json!({"type": null}), "/type", "null is no type"),
            (
                json!({"required": true}),
                "/required",
                "is a boolean, not a list of names",
            ),
            (json!({"required": ["a", 5]}), "/required", "5 is no name"),
            (
                json!({"required": ["a", "b", "a"]}),
                "/required",
                "names a twice",
            ),
            (json!({"enum": "a,b"}), "/enum", "is a text, not a list"),
            (
                json!({"items": "string"}),
                "/items",
                "is a text, not a schema",
            ),
            (
                json!({"items": [{}]}),
                "/items",
                "is a list, which draft 2020-12 no longer has: that is prefixItems now",
            ),
            (
                json!({"properties": []}),
                "/properties",
                "is a list, not an object of schemas",
            ),
            (
                json!({"properties": {"x": "string"}}),
                "/properties",
                "x is a text, not a schema",
            ),
            (json!({"anyOf": []}), "/anyOf", "is empty"),
            (
                json!({"allOf": [1]}),
                "/allOf",
                "0 is a number, not a schema",
            ),
            (
                json!({"additionalProperties": "no"}),
                "/additionalProperties",
                "is a text, not a schema",
            ),
            (
                json!({"exclusiveMinimum": true}),
                "/exclusiveMinimum",
                "is a boolean, not a number",
            ),
            (
                json!({"minimum": "1"}),
                "/minimum",
                "is a text, not a number",
            ),
            (
                json!({"minLength": -1}),
                "/minLength",
                "is -1, not a whole number from 0",
            ),
            (json!({"multipleOf": 0}), "/multipleOf", "is 0, not above 0"),
            (
                json!({"description": ["a"]}),
                "/description",
                "is a list, not a text",
            ),
            (json!({"pattern": 5}), "/pattern", "is a number, not a text"),
        ] {
            let at = format!("/properties/p{at}");
            assert_eq!(one(property.clone()), [schema(&at, why)], "{property}");
        }
        let nested = json!({"anyOf": [{}, {"items": {"type": "float"}}]});
        assert_eq!(
            one(nested),
            [schema(
                "/properties/p/anyOf/1/items/type",
                "\"float\" is no type"
            )]
        );
    }

    #[test]
    fn older_drafts_allow_what_they_allowed() {
        let tuple = json!({"items": [{"type": "string"}]});
        let bound = json!({"minimum": 0, "exclusiveMinimum": true});
        for (draft, property, right) in [
            ("http://json-schema.org/draft-07/schema#", &tuple, true),
            (
                "https://json-schema.org/draft/2020-12/schema",
                &tuple,
                false,
            ),
            ("http://json-schema.org/draft-04/schema#", &bound, true),
            ("http://json-schema.org/draft-07/schema#", &bound, false),
            ("https://example.com/own", &bound, true),
        ] {
            let found = of(json!({"$schema": draft, "properties": {"p": property}}));
            assert_eq!(found.is_empty(), right, "{draft}: {found:?}");
        }
    }

    #[test]
    fn references_lead_somewhere_in_the_schema() {
        let defs = json!({"A/b": {"type": "string"}, "ü": {}});
        for (to, right) in [
            ("#", true),
            ("#/$defs/A~1b", true),
            ("#/$defs/%C3%BC", true),
            ("#/$defs/B", false),
            ("#name", true),
            ("B", false),
            ("$defs/A", false),
        ] {
            let found = of(json!({"$defs": defs, "properties": {"p": {"items": {"$ref": to}}}}));
            assert_eq!(found.is_empty(), right, "{to}: {found:?}");
        }
        let found = of(json!({"properties": {"p": {"$ref": "#/$defs/B"}}}));
        assert_eq!(
            found,
            [schema(
                "/properties/p/$ref",
                "refers to #/$defs/B, which is not in the schema"
            )]
        );
        // With names of their own, parts may be meant that a pointer from the root does not find.
        let named = json!({"$defs": {"a": {"$id": "a", "$defs": {"b": {}}}}, "properties": {"p": {"$ref": "#/$defs/b"}}});
        assert_eq!(of(named), []);
    }

    #[test]
    fn a_reference_to_another_address_is_told_and_never_loaded() {
        let to = "http://localhost:1/canary/profile-schema.json";
        let found = of(json!({"properties": {"a": {"$ref": to}, "b": {"$ref": to}}}));
        assert_eq!(found, [Flaw::ForeignReference(to.to_owned())]);
        let own = json!({
            "$id": "https://example.com/tool",
            "$defs": {"x": {"$id": "x"}},
            "properties": {
                "a": {"$ref": "https://example.com/tool#/$defs/x"},
                "b": {"$ref": "x"},
                "c": {"$ref": "https://json-schema.org/draft/2020-12/schema"},
            }
        });
        assert_eq!(of(own), []);
        let beside =
            json!({"$id": "https://example.com/tool", "properties": {"a": {"$ref": "other"}}});
        assert_eq!(
            of(beside),
            [Flaw::ForeignReference(
                "https://example.com/other".to_owned()
            )]
        );
    }
}
