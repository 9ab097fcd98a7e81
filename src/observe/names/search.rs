//! Which whole names a name may mean: `search` and `ndots` of `resolv.conf`.

/// The names to ask for, one after the other, as glibc does. (musl leaves out the domains where the name has dots
/// enough.)
pub(super) fn candidates(name: &str, ndots: usize, domains: &[String]) -> Vec<String> {
    if let Some(whole) = name.strip_suffix('.') {
        return vec![whole.to_owned()];
    }
    let searched = domains
        .iter()
        .map(|domain| domain.trim_matches('.'))
        .filter(|domain| !domain.is_empty())
        .map(|domain| format!("{name}.{domain}"));
    let dots = name.matches('.').count();
    let itself = std::iter::once(name.to_owned());
    match dots >= ndots {
        true => itself.chain(searched).collect(),
        false => searched.chain(itself).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::candidates;

    #[test]
    fn dots_decide_what_is_asked_first() {
        let domains = ["lan".to_owned(), ".".to_owned(), "example.com.".to_owned()];
        for (name, ndots, expected) in [
            ("db", 0, "db db.lan db.example.com"),
            ("db", 1, "db.lan db.example.com db"),
            ("a.b", 1, "a.b a.b.lan a.b.example.com"),
            ("a.b", 5, "a.b.lan a.b.example.com a.b"),
            ("a.b.", 5, "a.b"),
        ] {
            let found = candidates(name, ndots, &domains).join(" ");
            assert_eq!(found, expected, "{name} {ndots}");
        }
        assert_eq!(candidates("db", 1, &[]), ["db"]);
    }
}
