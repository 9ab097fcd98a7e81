//! Documents as nobody would write all at once: every layout that a format allows, in a random mixture. Each comment is
//! `cN` with a number of its own.

use mcpdoc::source::{Dialect, Format};
use serde_json::{Value as Json, json};

/// A source of random numbers that is the same for the same seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// Whether something that happens so often in a hundred times happens.
    pub fn often(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// What is written into documents, and what readers like to take for something else.
const STRINGS: [&str; 34] = [
    "",
    "a",
    "yes",
    "no",
    "on",
    "y",
    "~",
    "null",
    "true",
    "1",
    "1.5",
    "1e3",
    "0x1F",
    "0o17",
    "017",
    "1_000",
    "80:80",
    "12:30:45",
    "2001-01-01",
    ".inf",
    "=",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "#a",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "it's \"x\"",
    "http://h:1/mcp?a=1&b={c}",
    "ü é 日本",
];

pub fn value(dice: &mut Dice, depth: usize) -> Json {
    match dice.below(if depth > 0 { 12 } else { 8 }) {
        0 => json!(dice.below(100_000) as i64 - 50_000),
        1 => json!(dice.below(1_000) as f64 + 0.5),
        2 => json!(dice.often(50)),
        3 => Json::Null,
        4 => json!(dice.pick(&[
            "a\nb",
            "a\n",
            "\n",
            " a",
            "a ",
            "\ta",
            "a\\b",
            "a\u{7f}\u{85}b",
            "a\r\nb\n"
        ])),
        5..=7 => json!(dice.pick(&STRINGS)),
        8 | 9 => {
            let items = (0..dice.below(3)).map(|_| value(dice, depth - 1)).collect();
            Json::Array(items)
        }
        _ => {
            let entries = (0..dice.below(3)).map(|at| (format!("v{at}"), value(dice, depth - 1)));
            Json::Object(entries.collect())
        }
    }
}

/// A key that nothing has yet, or one that something may have.
pub fn key(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => dice.pick(&STRINGS[1..]).to_owned(),
        1 => format!("k{}", dice.below(4)),
        _ => format!("new{}", dice.below(10)),
    }
}

pub fn document(dice: &mut Dice, format: Format) -> String {
    let mut writer = Writer {
        dice,
        out: String::new(),
        comments: 0,
        anchors: Vec::new(),
        marks: 0,
    };
    match format {
        Format::Yaml(_) => writer.yaml(),
        Format::Json | Format::Jsonc => writer.json(0, format == Format::Jsonc),
        Format::Toml => writer.toml(),
        Format::Env => writer.env(),
    }
    let mut text = writer.out;
    if dice.often(20) {
        text.truncate(text.trim_end_matches('\n').len());
    }
    if dice.often(20) {
        text = text.replace('\n', "\r\n");
    }
    if dice.often(10) {
        text.insert(0, '\u{feff}');
    }
    text
}

pub fn format(dice: &mut Dice) -> Format {
    match dice.below(10) {
        0 => Format::Json,
        1 => Format::Jsonc,
        2 | 3 => Format::Toml,
        4 => Format::Env,
        5 | 6 => Format::Yaml(Dialect::GoYaml),
        _ => Format::Yaml(Dialect::PyYaml),
    }
}

struct Writer<'a> {
    dice: &'a mut Dice,
    out: String,
    comments: usize,
    /// Names of anchors that may be repeated, and whether a mapping stands there.
    anchors: Vec<(String, bool)>,
    marks: usize,
}

impl Writer<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn blanks(&mut self, count: usize) {
        self.out.push_str(&" ".repeat(count));
    }

    fn comment(&mut self, sign: &str) {
        self.comments += 1;
        let text = format!("{sign} c{} it's: [\"x", self.comments);
        self.put(&text);
    }

    /// The end of a line of YAML, perhaps with a comment, perhaps with lines of nothing below.
    fn end(&mut self, indent: usize) {
        if self.dice.often(15) {
            let gap = self.dice.pick(&[" ", "  ", "\t"]);
            self.put(gap);
            self.comment("#");
        } else if self.dice.often(5) {
            self.put("  ");
        }
        self.put("\n");
        if self.dice.often(8) {
            let line = self.dice.pick(&["\n", "\n\n", "   \n"]);
            self.put(line);
        }
        if self.dice.often(10) {
            let indent = self.dice.pick(&[indent, 0, indent + 3]);
            self.blanks(indent);
            self.comment("#");
            self.put("\n");
        }
    }

    fn yaml(&mut self) {
        if self.dice.often(15) {
            self.comment("#");
            self.put("\n");
        }
        if self.dice.often(15) {
            let start = self.dice.pick(&["---\n", "--- # c0\n", "%YAML 1.1\n---\n"]);
            self.put(start);
        }
        match self.dice.below(12) {
            0 => {
                self.flow(3);
                self.end(0);
            }
            1 => self.block_seq(3, 0),
            _ => self.block_map(3, 0),
        }
        if self.dice.often(10) {
            let more = self
                .dice
                .pick(&["---\nx: 1\n", "...\n", "---\n- a\n---\nb: *a\n"]);
            self.put(more);
        }
    }

    fn yaml_key(&mut self, at: usize) -> String {
        match self.dice.below(16) {
            0 => format!("'k{at} it''s'"),
            1 => format!("\"k{at}\\t: x\""),
            2 => format!("k{at} b"),
            3 => format!("\"k{at}\""),
            4 => format!("k{at}#é"),
            5 if at == 0 => "on".to_owned(),
            _ => format!("k{at}"),
        }
    }

    /// Entries, the first of which begins where the writer stands, the others at `indent`.
    fn block_map(&mut self, depth: usize, indent: usize) {
        for at in 0..1 + self.dice.below(4) {
            if at > 0 {
                self.blanks(indent);
            }
            let maps: Vec<String> = self
                .anchors
                .iter()
                .filter(|(_, map)| *map)
                .map(|(name, _)| name.clone())
                .collect();
            if at > 0 && !maps.is_empty() && self.dice.often(10) {
                let (one, other) = (self.dice.pick(&maps), self.dice.pick(&maps));
                let merge = match self.dice.below(3) {
                    0 => format!("<<: [*{one}, *{other}]"),
                    _ => format!("<<: *{one}"),
                };
                self.put(&merge);
                self.end(indent);
                continue;
            }
            let key = self.yaml_key(at);
            if self.dice.often(2) {
                self.put("? ");
                self.put(&key);
                self.put("\n");
                self.blanks(indent);
                self.put(":");
            } else {
                self.put(&key);
                let colon = self.dice.pick(&[":", ":", ":", ":", " :"]);
                self.put(colon);
            }
            self.yaml_value(depth, indent, false);
        }
    }

    fn block_seq(&mut self, depth: usize, indent: usize) {
        for at in 0..1 + self.dice.below(4) {
            if at > 0 {
                self.blanks(indent);
            }
            self.put("-");
            self.yaml_value(depth, indent, true);
        }
    }

    /// What stands behind a colon or a dash, up to the end of the line.
    fn yaml_value(&mut self, depth: usize, indent: usize, item: bool) {
        let mut kind = self.dice.below(if depth > 0 { 14 } else { 8 });
        let mut anchor = None;
        if kind != 0 && self.dice.often(10) {
            self.marks += 1;
            let name = format!("m{}", self.marks);
            self.put(" &");
            self.put(&name);
            anchor = Some(name);
        } else if self.dice.often(2) {
            self.put(" !!str");
            kind = 1;
        }
        let blank = self.dice.pick(&[" ", " ", " ", "  ", "   "]);
        match kind {
            0 => {
                if let Some((name, _)) = Some(self.anchors.clone())
                    .filter(|all| !all.is_empty())
                    .map(|all| self.dice.pick(&all))
                {
                    self.put(" *");
                    self.put(&name);
                }
                self.end(indent);
            }
            1..=4 => {
                self.put(blank);
                self.yaml_scalar(indent);
                self.end(indent);
            }
            5 => self.block_scalar(indent),
            6 | 7 => {
                self.put(blank);
                self.flow(depth.min(2));
                self.end(indent);
            }
            8 | 9 if item && anchor.is_none() => {
                // A mapping or list that begins beside the dash.
                self.put(blank);
                let deeper = indent + 1 + blank.len();
                match kind {
                    8 => self.block_map(depth - 1, deeper),
                    _ => self.block_seq(depth - 1, deeper),
                }
            }
            8..=11 => {
                let deeper = indent + self.dice.pick(&[2, 2, 2, 1, 3, 4, 6]);
                self.end(deeper);
                self.blanks(deeper);
                self.block_map(depth - 1, deeper);
            }
            _ => {
                let least = usize::from(item);
                let deeper = indent + self.dice.pick(&[2, 2, 4, 1, least]);
                self.end(deeper);
                self.blanks(deeper);
                self.block_seq(depth - 1, deeper);
            }
        }
        if let Some(name) = anchor {
            let map = matches!(kind, 8..=11) && !(item && kind == 9);
            self.anchors.push((name, map));
        }
    }

    fn yaml_scalar(&mut self, indent: usize) {
        let below = " ".repeat(indent + 2);
        let scalar = match self.dice.below(14) {
            0 => "'it''s'".to_owned(),
            1 => "\"a\\n\\\"b\\\" # x\"".to_owned(),
            2 => format!("\"two\n{below}lines\""),
            3 => format!("two\n{below}lines"),
            4 => format!("'two\n\n{below}lines'"),
            5 => "8080:80".to_owned(),
            6 => "~".to_owned(),
            7 => "yes".to_owned(),
            8 => "017".to_owned(),
            9 => "http://h:1/x#y".to_owned(),
            10 => "a b  c".to_owned(),
            11 => "2001-12-14".to_owned(),
            12 => "1_000".to_owned(),
            _ => self.dice.below(100).to_string(),
        };
        self.put(&scalar);
    }

    fn block_scalar(&mut self, indent: usize) {
        let header = self.dice.pick(&[" |", " |-", " |+", " >", " >-", " >+"]);
        self.put(header);
        if self.dice.often(20) {
            self.put(" ");
            self.comment("#");
        }
        self.put("\n");
        let deeper = " ".repeat(indent + self.dice.pick(&[1, 2, 4]));
        let lines = self.dice.pick(&[
            "text\n",
            "text: x\n# no comment\n",
            "a\n\nb\n  c\n",
            "a\n\n\n",
            "a\n",
        ]);
        for line in lines.lines() {
            if !line.is_empty() {
                self.put(&deeper);
            }
            self.put(line);
            self.put("\n");
        }
    }

    /// Blanks between the parts of a flow collection.
    fn gap(&mut self, tall: bool) {
        match self.dice.below(if tall { 12 } else { 4 }) {
            0 => {}
            1 => self.put("  "),
            2 | 3 => self.put(" "),
            4 => self.put("\t"),
            5 => {
                self.put(" ");
                self.comment("#");
                self.put("\n        ");
            }
            6 => self.put("\n\t    \t"),
            _ => self.put("\n            "),
        }
    }

    fn flow(&mut self, depth: usize) {
        let tall = self.dice.often(30);
        let map = self.dice.often(50);
        self.put(if map { "{" } else { "[" });
        let count = self.dice.below(4);
        for at in 0..count {
            self.gap(tall);
            if map {
                let key = match self.yaml_key(at) {
                    key if self.dice.often(10) && key.starts_with('"') => format!("{key}:"),
                    key => format!("{key}: "),
                };
                self.put(&key);
                if self.dice.often(4) {
                    self.out.truncate(self.out.trim_end().len());
                }
            }
            match self.dice.below(if depth > 0 { 9 } else { 6 }) {
                0 => self.put("'x, y'"),
                1 => self.put("\"a\\\"}\""),
                2 => self.put("plain text"),
                3 => self.put("~"),
                4 if !self.anchors.is_empty() => {
                    let (name, _) = self.dice.pick(&self.anchors.clone());
                    self.put("*");
                    self.put(&name);
                    self.put(" ");
                }
                4 | 5 => {
                    let number = self.dice.below(50).to_string();
                    self.put(&number);
                }
                _ => self.flow(depth - 1),
            }
            self.gap(tall);
            if at + 1 < count || self.dice.often(20) {
                self.put(",");
            }
        }
        self.gap(tall);
        self.put(if map { "}" } else { "]" });
    }

    fn json_gap(&mut self, comments: bool) {
        match self.dice.below(if comments { 12 } else { 9 }) {
            0..=3 => {}
            4 => self.put(" "),
            5 => self.put("\t"),
            6 | 7 => self.put("\n  "),
            8 => self.put("\n\n\t"),
            9 => {
                self.put(" ");
                self.comment("//");
                self.put("\n    ");
            }
            10 => {
                self.comment("/*");
                self.put(" */");
            }
            _ => {
                self.put("\n  ");
                self.comment("/*");
                self.put("\n  */ ");
            }
        }
    }

    fn json(&mut self, depth: usize, comments: bool) {
        let kind = if depth == 0 {
            9
        } else {
            self.dice.below(if depth < 4 { 10 } else { 6 })
        };
        match kind {
            0 => self.put("null"),
            1 => self.put("true"),
            2 => self.put("-1.5e3"),
            3 => self.put("\"a\\\"b\\u00e9 // no\""),
            4 => self.put("\"[{,\""),
            5 => self.put("7"),
            kind => {
                let map = kind > 7;
                self.put(if map { "{" } else { "[" });
                let count = self.dice.below(4);
                for at in 0..count {
                    self.json_gap(comments);
                    if map {
                        let key = self
                            .dice
                            .pick(&[format!("\"k{at}\""), format!("\"k{at} \\\\ \"")]);
                        self.put(&key);
                        self.json_gap(comments);
                        self.put(":");
                        self.json_gap(comments);
                    }
                    self.json(depth + 1, comments);
                    self.json_gap(comments);
                    if at + 1 < count || (comments && self.dice.often(20)) {
                        self.put(",");
                    }
                }
                self.json_gap(comments);
                self.put(if map { "}" } else { "]" });
            }
        }
        if depth == 0 {
            self.put("\n");
        }
    }

    fn toml(&mut self) {
        if self.dice.often(30) {
            self.comment("#");
            self.end(0);
        }
        for at in 0..self.dice.below(4) {
            self.toml_entry(at, 0);
        }
        for at in 0..self.dice.below(5) {
            let header = match self.dice.below(8) {
                0 => format!("[t{at}]"),
                1 => format!("[t{at}.u]"),
                2 => format!("[ t.\"u {at}\" ]"),
                3 => format!("[t.'u]{at}'.v]"),
                4 => format!("[t{at}.u.v]\nk0 = 1\n[t{at}]"),
                5 => "[[a]]".to_owned(),
                6 => "[[a]]\nk0 = 1\n[a.b]".to_owned(),
                _ => "[[s.a]]".to_owned(),
            };
            let indent = self.dice.pick(&[0, 0, 0, 2]);
            self.blanks(indent);
            self.put(&header);
            self.end(indent);
            for at in 0..self.dice.below(4) {
                self.toml_entry(at, indent);
            }
        }
    }

    fn toml_entry(&mut self, at: usize, indent: usize) {
        self.blanks(indent);
        let key = match self.dice.below(9) {
            0 => format!("\"k{at} =\""),
            1 => format!("'k{at}.'"),
            2 => format!("d.k{at}"),
            3 => format!("d . e.\"k{at}\""),
            _ => format!("k{at}"),
        };
        self.put(&key);
        let equals = self.dice.pick(&[" = ", " = ", "=", "  =\t"]);
        self.put(equals);
        self.toml_value(2);
        self.end(indent);
    }

    fn toml_value(&mut self, depth: usize) {
        match self.dice.below(if depth > 0 { 14 } else { 9 }) {
            0 => self.put("'lit # \\'"),
            1 => self.put("\"a \\\" # \\u00e9\""),
            2 => self.put("\"\"\"\ntwo\n  \"lines\" \\\n   # x\"\"\""),
            3 => self.put("'''\n[x]\n'''"),
            4 => self.put("1979-05-27T07:32:00Z"),
            5 => self.put("1_000"),
            6 => self.put("-1.5e3"),
            7 => self.put("true"),
            8 => self.put("0xFF"),
            9..=11 => {
                let tall = self.dice.often(40);
                self.put("[");
                let count = self.dice.below(4);
                for at in 0..count {
                    self.gap(tall);
                    self.toml_value(depth - 1);
                    self.gap(tall);
                    if at + 1 < count || self.dice.often(20) {
                        self.put(",");
                    }
                }
                self.gap(tall);
                self.put("]");
            }
            _ => {
                self.put("{");
                let count = self.dice.below(3);
                for at in 0..count {
                    let key = self.dice.pick(&[
                        format!(" k{at} = "),
                        format!("k{at}="),
                        format!(" d.k{at} = "),
                    ]);
                    self.put(&key);
                    self.toml_value(depth - 1);
                    if at + 1 < count {
                        self.put(",");
                    }
                }
                self.put(" }");
            }
        }
    }

    fn env(&mut self) {
        for at in 0..self.dice.below(6) {
            match self.dice.below(8) {
                0 => {
                    self.comment("#");
                    self.put("\n");
                }
                1 => self.put("\n"),
                _ => {
                    let lead = self.dice.pick(&["", "", "export ", "  "]);
                    let value = self.dice.pick(&[
                        "",
                        "a",
                        "a b",
                        "'it # x'",
                        "\"a \\\" $B\"",
                        "\"two\nlines\"",
                        "a#b",
                        "$A/${B:-c}",
                    ]);
                    let sign = self.dice.pick(&["=", "=", "=", " = "]);
                    self.put(&format!("{lead}K{at}{sign}{value}"));
                    if self.dice.often(20) {
                        self.put(" ");
                        self.comment("#");
                    }
                    self.put("\n");
                }
            }
        }
    }
}
