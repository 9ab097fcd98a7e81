//! Secrets that show themselves: issued keys, tokens after a scheme, passwords in URLs, private keys.

use std::ops::Range;

use super::scan::Text;
use super::word::{
    is_blank_user_info, is_mixed, is_named_default, is_opaque, is_placeholder, is_reference,
    is_wordy, without_references,
};
use super::{Kind, Secret};

/// How the keys of an issuer look.
struct Issued {
    prefix: &'static str,
    /// The fewest characters behind the prefix.
    tail: usize,
    title: &'static str,
}

const fn issued_as(prefix: &'static str, tail: usize, title: &'static str) -> Issued {
    Issued {
        prefix,
        tail,
        title,
    }
}

/// By their first byte; of those that begin alike, longer prefixes first where one begins with another.
const ISSUED: &[Issued] = &[
    issued_as("AKIA", 16, "an AWS access key id"),
    issued_as("ASIA", 16, "an AWS access key id"),
    issued_as("AIza", 30, "a Google API key"),
    issued_as("ATATT3", 60, "an Atlassian API token"),
    issued_as("GOCSPX-", 24, "a Google client secret"),
    issued_as("PMAK-", 30, "a Postman API key"),
    issued_as("SG.", 40, "a SendGrid API key"),
    issued_as("apify_api_", 30, "an Apify token"),
    issued_as("csk-", 30, "a Cerebras API key"),
    issued_as("ctx7sk-", 20, "a Context7 API key"),
    issued_as("dckr_pat_", 24, "a Docker Hub token"),
    issued_as("dop_v1_", 60, "a DigitalOcean token"),
    issued_as("figd_", 30, "a Figma token"),
    issued_as("fc-", 30, "a Firecrawl API key"),
    issued_as("github_pat_", 30, "a GitHub token"),
    issued_as("ghp_", 30, "a GitHub token"),
    issued_as("gho_", 30, "a GitHub token"),
    issued_as("ghs_", 30, "a GitHub token"),
    issued_as("ghu_", 30, "a GitHub token"),
    issued_as("ghr_", 30, "a GitHub token"),
    issued_as("glpat-", 18, "a GitLab token"),
    issued_as("gldt-", 18, "a GitLab token"),
    issued_as("glptt-", 30, "a GitLab token"),
    issued_as("gsk_", 40, "a Groq API key"),
    issued_as("glsa_", 30, "a Grafana token"),
    issued_as("hf_", 30, "a Hugging Face token"),
    issued_as("hvs.", 20, "a Vault token"),
    issued_as("jina_", 40, "a Jina API key"),
    issued_as("lsv2_pt_", 30, "a LangSmith API key"),
    issued_as("lsv2_sk_", 30, "a LangSmith API key"),
    issued_as("lin_api_", 30, "a Linear API key"),
    issued_as("nvapi-", 40, "an NVIDIA API key"),
    issued_as("npm_", 36, "an npm token"),
    issued_as("ntn_", 40, "a Notion token"),
    issued_as("ops_", 100, "a 1Password token"),
    issued_as("pcsk_", 40, "a Pinecone API key"),
    issued_as("pplx-", 40, "a Perplexity API key"),
    issued_as("rk_live_", 16, "a Stripe restricted key"),
    issued_as("r8_", 30, "a Replicate token"),
    issued_as("sk-ant-", 20, "an Anthropic API key"),
    issued_as("sk-or-v1-", 20, "an OpenRouter API key"),
    issued_as("sk-", 12, "an API key (sk-…)"),
    issued_as("sk_live_", 16, "a Stripe secret key"),
    issued_as("sk_test_", 16, "a Stripe test key"),
    issued_as("sbp_", 30, "a Supabase token"),
    issued_as("shpat_", 30, "a Shopify token"),
    issued_as("sntrys_", 30, "a Sentry token"),
    issued_as("sntryu_", 30, "a Sentry token"),
    issued_as("tgp_v1_", 30, "a Together API key"),
    issued_as("tskey-", 20, "a Tailscale key"),
    issued_as("tvly-", 20, "a Tavily API key"),
    issued_as("whsec_", 24, "a Stripe signing secret"),
    issued_as("xoxa-", 10, "a Slack token"),
    issued_as("xoxb-", 10, "a Slack token"),
    issued_as("xoxc-", 10, "a Slack token"),
    issued_as("xoxd-", 10, "a Slack token"),
    issued_as("xoxp-", 10, "a Slack token"),
    issued_as("xoxs-", 10, "a Slack token"),
    issued_as("xoxe-", 10, "a Slack token"),
    issued_as("xoxe.", 10, "a Slack token"),
    issued_as("xapp-", 10, "a Slack token"),
    issued_as("xai-", 40, "an xAI API key"),
    issued_as("ya29.", 30, "a Google access token"),
];

/// Where in [`ISSUED`] the prefixes stand that begin with a byte: the first, and the one behind the last.
const BY_FIRST_BYTE: [(u8, u8); 128] = {
    let mut ranges = [(0, 0); 128];
    let mut at = 0;
    while at < ISSUED.len() {
        let first = ISSUED[at].prefix.as_bytes()[0] as usize;
        if ranges[first].1 == 0 {
            ranges[first].0 = at as u8;
        }
        at += 1;
        ranges[first].1 = at as u8;
    }
    ranges
};

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'=' | b'+' | b'/' | b'~')
}

/// Whether a token can begin at `at`: nothing of it stands before.
fn is_start(text: &str, at: usize) -> bool {
    at == 0 || {
        let before = text.as_bytes()[at - 1];
        !(before.is_ascii_alphanumeric() || matches!(before, b'-' | b'_' | b'.'))
    }
}

/// Every issued key of `text`: which, and its bytes. Placeholders are among them.
fn each_issued(text: &str, mut found: impl FnMut(Kind, Range<usize>)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let starts = bytes[at].is_ascii_alphabetic() && is_start(text, at);
        let kind = starts.then(|| issued_at(&text[at..])).flatten();
        match kind {
            Some((kind, length)) => {
                found(kind, at..at + length);
                at += length;
            }
            None => at += 1,
        }
    }
}

/// The length of the prefix by which an issued key is known.
pub(super) fn head(text: &str) -> usize {
    match issued_at(text) {
        Some((Kind::Jwt, _)) => "eyJ".len(),
        Some(_) => ISSUED
            .iter()
            .find(|issued| text.starts_with(issued.prefix))
            .map_or(0, |issued| issued.prefix.len()),
        None => 0,
    }
}

fn issued_at(text: &str) -> Option<(Kind, usize)> {
    if text.starts_with("eyJ") {
        // Part by part, so that no part is read again for each token that could begin in it.
        let in_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let head = run(text, in_part);
        let head = head + run(&text[head..], |b| b == b'=');
        let rest = text[head..].strip_prefix('.').filter(|_| head >= 10)?;
        let body = run(rest, |b| in_part(b) || b == b'=');
        let rest = rest[body..].strip_prefix('.').filter(|_| body >= 4)?;
        let tail = run(rest, |b| in_part(b) || matches!(b, b'.' | b'='));
        return Some((Kind::Jwt, head + 1 + body + 1 + tail));
    }
    let first = usize::from(*text.as_bytes().first()?);
    let (from, to) = *BY_FIRST_BYTE.get(first)?;
    let issued = ISSUED[usize::from(from)..usize::from(to)]
        .iter()
        .find(|issued| text.starts_with(issued.prefix))?;
    let tail = run(&text[issued.prefix.len()..], |b| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')
    });
    // A full stop ends a sentence more often than a key.
    let tail = text[issued.prefix.len()..][..tail]
        .trim_end_matches(['.', '-'])
        .len();
    (tail >= issued.tail).then_some((Kind::Issued(issued.title), issued.prefix.len() + tail))
}

fn run(text: &str, class: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| class(*byte)).count()
}

/// The first issued key that is not there for show.
pub(super) fn issued(text: &str) -> Option<Secret> {
    let mut first = None;
    each_issued(text, |kind, range| {
        let token = &text[range.clone()];
        if first.is_none() && !is_placeholder(token) && is_random(kind, token) {
            first = Some(Secret { range, kind });
        }
    });
    first
}

/// `sk-` and the like are short enough to begin a name that means nothing.
fn is_random(kind: Kind, token: &str) -> bool {
    kind == Kind::Jwt || (is_mixed(token) && !is_wordy(token))
}

/// A private key, to its end or the end of the text.
pub(super) fn private_key(text: &str) -> Option<Secret> {
    let mut from = 0;
    while let Some(at) = text[from..].find("-----BEGIN ").map(|at| from + at) {
        let head = &text[at + "-----BEGIN ".len()..];
        let end_of_head = head.find("-----")?;
        if head[..end_of_head].ends_with("PRIVATE KEY") {
            let body = at + "-----BEGIN ".len() + end_of_head + "-----".len();
            let foot = text[body..].find("-----END ").map(|foot| body + foot);
            let end = foot
                .map(|foot| foot + "-----END ".len())
                .and_then(|foot| Some(foot + text[foot..].find("-----")? + "-----".len()))
                .unwrap_or(text.len());
            let inner = &text[body..foot.unwrap_or(text.len())];
            if !is_reference(inner) && !is_placeholder(inner) {
                return Some(Secret {
                    range: at..end,
                    kind: Kind::PrivateKey,
                });
            }
            from = end;
            continue;
        }
        from = at + "-----BEGIN ".len();
    }
    None
}

/// The user info of every URL in `text`, without the `@`.
pub(super) fn user_infos(text: &str, mut found: impl FnMut(Range<usize>)) {
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at + "://".len()) {
        let end = text[at..]
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`'))
            .map_or(text.len(), |end| at + end);
        // A password may contain an at sign: the last one counts.
        if let Some(sign) = text[at..end].rfind('@').filter(|sign| *sign > 0)
            && !is_blank_user_info(&text[at..at + sign])
        {
            without_references(text, at..at + sign, &mut found);
        }
        from = at;
    }
}

/// The first password in a URL that is none of the usual defaults.
pub(super) fn url_password(text: &str) -> Option<Secret> {
    let mut first = None;
    let mut from = 0;
    while let Some(at) = text[from..].find("://").map(|at| from + at + "://".len()) {
        from = at;
        let end = text[at..]
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '`'))
            .map_or(text.len(), |end| at + end);
        let Some(sign) = text[at..end].rfind('@') else {
            continue;
        };
        let Some(colon) = text[at..at + sign].find(':') else {
            continue;
        };
        let (user, password) = (&text[at..at + colon], &text[at + colon + 1..at + sign]);
        let usual = is_reference(password)
            || password.contains("${")
            || is_placeholder(password)
            || is_named_default(password)
            || password.eq_ignore_ascii_case(user)
            || password.starts_with(['[', '{', '%', '$']);
        if !usual {
            first.get_or_insert(Secret {
                range: at + colon + 1..at + sign,
                kind: Kind::UrlPassword,
            });
        }
    }
    first
}

/// Every `Bearer …` and `Basic …` in `text`: which, and the bytes behind the scheme.
fn each_credential(text: &str, mut found: impl FnMut(Kind, Range<usize>)) {
    for (scheme, kind) in [("bearer", Kind::Bearer), ("basic", Kind::Basic)] {
        let mut from = 0;
        while let Some(at) = find_word(&text[from..], scheme).map(|at| from + at) {
            from = at + scheme.len();
            let spaces = run(&text[from..], |b| b == b' ');
            let start = from + spaces;
            let length = run(&text[start..], is_token_byte);
            if spaces > 0 && length > 0 {
                found(kind, start..start + length);
            }
        }
    }
}

/// Where a word stands, compared without case.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let first = word.as_bytes().first()?;
    let mut windows = text.as_bytes().windows(word.len()).enumerate();
    windows.position(|(at, bytes)| {
        bytes[0].eq_ignore_ascii_case(first)
            && bytes.eq_ignore_ascii_case(word.as_bytes())
            && is_start(text, at)
    })
}

/// The first credentials behind a scheme.
pub(super) fn credentials(text: &str) -> Option<Secret> {
    let mut first = None;
    each_credential(text, |kind, range| {
        let value = &text[range.clone()];
        if first.is_none()
            && !is_placeholder(value)
            && !is_reference(value)
            && is_credential(kind, value)
        {
            // A key of a known issuer is called by its name.
            let kind = issued_at(value)
                .filter(|(_, length)| *length == value.len())
                .map_or(kind, |(kind, _)| kind);
            first = Some(Secret { range, kind });
        }
    });
    first
}

fn is_credential(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Basic => user_and_password(value).is_some_and(|(user, password)| {
            !is_placeholder(&password) && password != user && !is_reference(&password)
        }),
        _ => is_opaque(value) || issued_at(value).is_some_and(|(kind, _)| is_random(kind, value)),
    }
}

/// The two halves of Basic credentials.
pub fn user_and_password(base64: &str) -> Option<(String, String)> {
    let mut bytes = Vec::with_capacity(base64.len());
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in base64.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xFF).ok()?);
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    let printable = text.chars().all(|c| !c.is_control());
    (printable && !password.is_empty()).then(|| (user.to_owned(), password.to_owned()))
}

/// The length of `Bearer `, `Basic ` and the like at the start of a header's value, repeated ones included.
pub(super) fn scheme_length(value: &str) -> usize {
    const SCHEMES: &[&str] = &[
        "bearer ",
        "basic ",
        "token ",
        "apikey ",
        "digest ",
        "negotiate ",
    ];
    let mut length = 0;
    while let Some(scheme) = SCHEMES.iter().find(|scheme| {
        value.as_bytes()[length..]
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    }) {
        length += scheme.len();
    }
    length
}

/// Every byte that shows itself to be secret, or nearly: placeholders too.
pub(super) fn everything(text: &str, kind: Text, spans: &mut Vec<Range<usize>>) {
    each_issued(text, |_, range| spans.push(range));
    user_infos(text, |range| spans.push(range));
    each_credential(text, |scheme, range| {
        let value = &text[range.clone()];
        // "bearer token" and "basic authentication" are words about credentials.
        let words = kind == Text::Prose || !value.bytes().any(|b| b.is_ascii_digit());
        let meant = match scheme {
            Kind::Basic => user_and_password(value).is_some(),
            _ => !words || value.bytes().any(|b| b.is_ascii_digit()) || is_opaque(value),
        };
        if meant {
            without_references(text, range, |part| spans.push(part));
        }
    });
    let mut from = 0;
    while let Some(secret) = private_key(&text[from..]) {
        let range = from + secret.range.start..from + secret.range.end;
        from = range.end;
        spans.push(range);
    }
}
