//! Whether the way in which a server is started gives it something: a switch, the URL of its database.

use super::glob;
use super::run::{EnvLookup, Launch, flag, flag_value, matched_at, unresolved};
use super::server::{Needed, Server, Switch, TransportKind};

/// What a server is told of its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A URL, a reference to one, or something that stands in for it.
    Given,
    /// Nothing.
    Missing,
    /// This variable is set to nothing, and nothing else is given that counts.
    Emptied(String),
    /// Not known; why.
    Unknown(String),
}

impl Server {
    /// The arguments that reach the server.
    ///
    /// # Errors
    /// When something else than the server may be started; what.
    pub fn arguments(&self, launch: &Launch<'_>) -> Result<Vec<String>, String> {
        self.own_arguments(launch).map(|own| own.args)
    }

    /// Whether arguments or variables of `switch` are given, any of them; `None`: not known.
    pub fn is_given(&self, switch: &Switch, launch: &Launch<'_>) -> Option<bool> {
        let own = self.own_arguments(launch).ok()?;
        if switch
            .args
            .iter()
            .any(|arg| matched_at(arg, &own.args).is_some())
        {
            return Some(true);
        }
        let mut answer = Some(false);
        for (name, wanted) in &switch.env {
            match own.variable(launch, name) {
                EnvLookup::Set(value) if same_value(wanted, &value) => return Some(true),
                EnvLookup::Unknown => answer = None,
                EnvLookup::Set(_) | EnvLookup::Unset => {}
            }
        }
        let may_be = |(at, arg): (usize, &String)| match flag(arg) {
            Some((name, _)) => {
                let meant = switch.args.iter().filter_map(|known| flag(known));
                meant.into_iter().any(|(known, _)| known == name)
                    && flag_value(&own.args, at).is_some_and(unresolved)
            }
            None => unresolved(arg),
        };
        if own.args.iter().enumerate().any(may_be) {
            answer = None;
        }
        answer
    }

    /// What the server is told of its database; nothing for servers that take no URL.
    pub fn database_url(&self, launch: &Launch<'_>) -> Option<DatabaseUrl> {
        let database = self.database.as_ref()?;
        let own = match self.own_arguments(launch) {
            Ok(own) => own,
            Err(reason) => return Some(DatabaseUrl::Unknown(reason)),
        };
        let mut emptied = None;
        let mut unknown = None;
        for name in &database.env {
            match own.variable(launch, name) {
                EnvLookup::Set(value) if value.is_empty() => {
                    emptied.get_or_insert_with(|| name.clone());
                }
                EnvLookup::Set(_) => return Some(DatabaseUrl::Given),
                EnvLookup::Unknown => {
                    unknown.get_or_insert_with(|| format!("the variable {name} is not known"));
                }
                EnvLookup::Unset => {}
            }
        }
        let overrules = emptied.is_some() && database.env_beats_argument == Some(true);
        let flags = |known: &[String]| {
            let wanted = known.iter().filter_map(|known| flag(known));
            let names: Vec<&str> = wanted.map(|(name, _)| name).collect();
            own.args
                .iter()
                .any(|arg| flag(arg).is_some_and(|(name, _)| names.contains(&name)))
        };
        if !overrules && (flags(&database.args) || flags(&database.alternatives)) {
            return Some(DatabaseUrl::Given);
        }
        for name in database
            .alternatives
            .iter()
            .filter(|name| !name.starts_with('-'))
        {
            match own.variable(launch, name) {
                EnvLookup::Set(value) if value.is_empty() => {}
                EnvLookup::Set(_) => return Some(DatabaseUrl::Given),
                EnvLookup::Unknown => {
                    unknown.get_or_insert_with(|| format!("the variable {name} is not known"));
                }
                EnvLookup::Unset => {}
            }
        }
        if !overrules && (database.argument || own.args.iter().any(|arg| arg.starts_with('$'))) {
            match self.first_positional(&own.args) {
                Positional::There => return Some(DatabaseUrl::Given),
                Positional::Unclear(flag) => {
                    unknown.get_or_insert_with(|| {
                        format!("whether `{flag}` takes the word behind it is not known")
                    });
                }
                Positional::None => {}
            }
        }
        Some(match (unknown, emptied) {
            (Some(why), _) => DatabaseUrl::Unknown(why),
            (None, Some(name)) => DatabaseUrl::Emptied(name),
            (None, None) => DatabaseUrl::Missing,
        })
    }

    /// The variables that it needs for `kinds` and does not get; the URL of a database is [`Server::database_url`]'s.
    /// One that may be given in another way, or that is not known, is none of them.
    pub fn missing_variables(&self, launch: &Launch<'_>, kinds: &[TransportKind]) -> Vec<&Needed> {
        let Ok(own) = self.own_arguments(launch) else {
            return Vec::new();
        };
        // A flag that is not known to be about something else may say what a variable would.
        let mut words = own
            .args
            .iter()
            .filter(|arg| !self.names.command.contains(arg));
        let says_more = |arg: &String| match flag(arg) {
            Some((name, _)) => !self.has_flag(name),
            None => arg.contains("://") || unresolved(arg),
        };
        if words.any(says_more) {
            return Vec::new();
        }
        let of_database = self.database.as_ref();
        let is_url =
            |name: &String| of_database.is_some_and(|database| database.env.contains(name));
        let is_unset = |name: &str| own.variable(launch, name) == EnvLookup::Unset;
        let for_kinds = kinds
            .iter()
            .filter_map(|kind| self.env.required_for.get(kind));
        let needed = self.env.required.iter().chain(for_kinds.flatten());
        let missing = needed.filter(|needed| {
            let mut names = needed.any_of().iter();
            names.all(|name| !is_url(name) && is_unset(name) && is_unset(&format!("{name}_FILE")))
        });
        // Several transports may need the same one.
        let mut different: Vec<&Needed> = Vec::new();
        for needed in missing {
            if different
                .iter()
                .all(|other| other.any_of() != needed.any_of())
            {
                different.push(needed);
            }
        }
        different
    }

    /// The first argument that belongs to no flag. A word behind a flag that is not known may be its value.
    fn first_positional(&self, args: &[String]) -> Positional {
        let mut unclear = None;
        for (at, arg) in args.iter().enumerate() {
            // An image's entrypoint may be a script whose first argument is the program.
            let is_program = at == 0 && self.names.command.contains(arg);
            if is_program || arg.starts_with('-') && arg.len() > 1 {
                continue;
            }
            if arg.contains("://") || unresolved(arg) {
                return Positional::There;
            }
            let before = at.checked_sub(1).and_then(|before| flag(&args[before]));
            match before {
                None | Some((_, Some(_))) => return Positional::There,
                Some((name, None)) if self.has_flag(name) => {}
                Some((_, None)) => {
                    // The word itself may be a secret.
                    unclear.get_or_insert_with(|| args[at - 1].clone());
                }
            }
        }
        unclear.map_or(Positional::None, Positional::Unclear)
    }

    /// Whether the server is known to have a flag that takes a value.
    fn has_flag(&self, name: &str) -> bool {
        let of_transports = self.transports.iter().flat_map(|transport| {
            let settings = transport.port.args.iter().chain(&transport.path.args);
            settings
                .chain(&transport.bind.args)
                .chain(&transport.select.args)
        });
        let mut known = self.arguments.flags.iter().chain(of_transports);
        known.any(|known| flag(known).is_some_and(|(known, _)| known == name))
    }
}

enum Positional {
    There,
    None,
    /// The word behind this flag is one, or the value of the flag.
    Unclear(String),
}

/// Whether a variable has the value that switches something on; all ways to say yes are one.
fn same_value(wanted: &str, value: &str) -> bool {
    let yes = |text: &str| {
        ["1", "true", "yes", "on"]
            .iter()
            .any(|yes| yes.eq_ignore_ascii_case(text))
    };
    glob::matches(&wanted.to_lowercase(), &value.to_lowercase()) || yes(wanted) && yes(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, ImageRef};

    fn with<T>(
        image: &str,
        line: &str,
        env: &[(&str, &str)],
        ask: impl Fn(&Server, &Launch<'_>) -> T,
    ) -> T {
        let image = ImageRef::parse(image);
        let args: Vec<String> = line.split_whitespace().map(str::to_string).collect();
        let env = |name: &str| match env.iter().find(|(key, _)| *key == name) {
            Some((_, "?")) => EnvLookup::Unknown,
            Some((_, value)) => EnvLookup::Set(value.to_string()),
            None => EnvLookup::Unset,
        };
        let catalog = Catalog::builtin();
        let server = catalog.server_for_image(&image).unwrap();
        ask(
            server,
            &Launch {
                image: Some(&image),
                version: None,
                entrypoint: None,
                args: &args,
                env: &env,
            },
        )
    }

    fn read_only(image: &str, line: &str, env: &[(&str, &str)]) -> Option<bool> {
        with(image, line, env, |server, launch| {
            server.is_given(&server.access.as_ref().unwrap().read_only, launch)
        })
    }

    const PG: &str = "crystaldba/postgres-mcp:0.3.0";

    #[test]
    fn a_switch_is_given_by_an_argument_or_a_variable() {
        assert_eq!(read_only(PG, "", &[]), Some(false));
        assert_eq!(
            read_only(PG, "--access-mode=unrestricted", &[]),
            Some(false)
        );
        assert_eq!(read_only(PG, "--access-mode=restricted", &[]), Some(true));
        assert_eq!(
            read_only(PG, "--access-mode restricted --transport=sse", &[]),
            Some(true)
        );
        assert_eq!(read_only(PG, "--access-mode=${MODE}", &[]), None);
        assert_eq!(read_only(PG, "$ARGS", &[]), None);
        let atlassian = "ghcr.io/sooperset/mcp-atlassian";
        assert_eq!(
            read_only(atlassian, "", &[("READ_ONLY_MODE", "True")]),
            Some(true)
        );
        assert_eq!(
            read_only(atlassian, "", &[("READ_ONLY_MODE", "1")]),
            Some(true)
        );
        assert_eq!(
            read_only(atlassian, "", &[("READ_ONLY_MODE", "false")]),
            Some(false)
        );
        assert_eq!(read_only(atlassian, "", &[("READ_ONLY_MODE", "?")]), None);
        assert_eq!(
            read_only(atlassian, "--read-only", &[("READ_ONLY_MODE", "?")]),
            Some(true)
        );
    }

    fn url(image: &str, line: &str, env: &[(&str, &str)]) -> &'static str {
        match with(image, line, env, Server::database_url).unwrap() {
            DatabaseUrl::Given => "given",
            DatabaseUrl::Missing => "missing",
            DatabaseUrl::Emptied(_) => "emptied",
            DatabaseUrl::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn a_database_url_is_a_variable_or_the_first_argument() {
        assert_eq!(url(PG, "", &[]), "missing");
        assert_eq!(
            url(PG, "--access-mode restricted --transport=sse", &[]),
            "missing"
        );
        assert_eq!(
            url(PG, "", &[("DATABASE_URI", "postgresql://db/x")]),
            "given"
        );
        assert_eq!(url(PG, "", &[("DATABASE_URI", "?")]), "unknown");
        assert_eq!(
            url(PG, "", &[("DATABASE_URL", "postgresql://db/x")]),
            "missing"
        );
        assert_eq!(url(PG, "postgresql://db/x", &[]), "given");
        assert_eq!(url(PG, "--transport sse ${DSN}", &[]), "given");
        assert_eq!(
            url(PG, "postgresql://db/x", &[("DATABASE_URI", "")]),
            "emptied"
        );
        assert_eq!(url(PG, "--novel word", &[]), "unknown");
        let reference = "mcp/postgres";
        assert_eq!(
            url(reference, "", &[("DATABASE_URI", "postgresql://db/x")]),
            "missing"
        );
        assert_eq!(url(reference, "postgresql://db/x", &[]), "given");
        let dbhub = "bytebase/dbhub";
        assert_eq!(url(dbhub, "--dsn postgres://db/x", &[]), "given");
        assert_eq!(url(dbhub, "", &[("DB_HOST", "db")]), "given");
        assert_eq!(url(dbhub, "", &[]), "missing");
    }
}
