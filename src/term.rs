//! What a terminal needs to know: colour, width, and that nothing foreign reaches it unescaped.

use owo_colors::{OwoColorize, Style};

/// How to write for people.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Whether to colour.
    pub colour: bool,
    /// Columns.
    pub width: usize,
}

impl Screen {
    /// The usual width where none is known, as in a pipe.
    pub const USUAL_WIDTH: usize = 80;

    /// A file: no colour, and room for what is said beside a line of it.
    pub const PLAIN: Screen = Screen {
        colour: false,
        width: 100,
    };

    /// `text` in `style`, if colour is wanted.
    pub fn paint(self, text: &str, style: Style) -> String {
        if self.colour {
            text.style(style).to_string()
        } else {
            text.to_owned()
        }
    }

    /// Strong text.
    pub fn bold(self, text: &str) -> String {
        self.paint(text, Style::new().bold())
    }

    /// Text that steps back.
    pub fn dim(self, text: &str) -> String {
        self.paint(text, Style::new().dimmed())
    }

    /// What is broken.
    pub fn red(self, text: &str) -> String {
        self.paint(text, Style::new().red().bold())
    }

    /// What is doubtful.
    pub fn yellow(self, text: &str) -> String {
        self.paint(text, Style::new().yellow().bold())
    }

    /// What is well, and what to write.
    pub fn green(self, text: &str) -> String {
        self.paint(text, Style::new().green())
    }

    /// Names of checks, places.
    pub fn cyan(self, text: &str) -> String {
        self.paint(text, Style::new().cyan())
    }

    /// `text` in lines that fit, the first after `first`, the others after `rest`. Words are never cut: they are
    /// paths and urls to copy.
    pub fn wrap(self, text: &str, first: &str, rest: &str) -> String {
        let options = textwrap::Options::new(self.width.max(40))
            .initial_indent(first)
            .subsequent_indent(rest)
            .break_words(false)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(text, options)
    }

    /// A line of what a person has to do. A numbered step is prose; anything else is there to be copied as it is.
    pub fn step(self, line: &str) -> String {
        let number = line.split_once(". ").map(|(number, _)| number);
        match number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit())) {
            true => self.wrap(line, "      ", "         "),
            false => format!("      {line}"),
        }
    }
}

/// Whether a character does nothing but be shown: no control character (colours and cursor movements begin with one),
/// and none that changes the direction of writing. Line breaks and tabs are harmless.
pub fn is_harmless(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    matches!(c, '\n' | '\t') || !(c.is_control() || turns)
}

/// Foreign text made harmless: what is not ([`is_harmless`]) is shown as `\u{…}`.
pub fn clean(text: &str) -> String {
    if text.chars().all(is_harmless) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            if is_harmless(c) {
                vec![c]
            } else {
                c.escape_unicode().collect::<Vec<char>>()
            }
        })
        .collect()
}

/// The signs of reports, and what stands for them where only ASCII can be read: as wide, so that everything stays in its
/// column. Other letters are a user's own, in whatever they are read with.
const SIGNS: &[(char, char)] = &[
    ('✓', '+'),
    ('✗', 'x'),
    ('→', '>'),
    ('·', '-'),
    ('–', '-'),
    ('…', '~'),
    ('━', '^'),
    ('─', '-'),
    ('│', '|'),
    ('┃', '|'),
    ('┆', ':'),
    ('⸬', ':'),
    ('▸', '>'),
    ('╭', '|'),
    ('╰', '|'),
    ('├', '|'),
    ('┢', '|'),
    ('┡', '|'),
    ('╯', '|'),
    ('╴', ' '),
    ('⚠', '!'),
];

/// A report in ASCII, as far as it is mcpdoc's own.
pub fn in_ascii(text: &str) -> String {
    let sign = |c: char| SIGNS.iter().find(|(sign, _)| *sign == c);
    text.chars()
        .map(|c| sign(c).map_or(c, |(_, ascii)| *ascii))
        .collect()
}
