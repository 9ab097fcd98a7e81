use super::*;
use crate::source::{Dialect, Format, SourceId};

fn kind(key: &str, text: &str) -> Option<Kind> {
    let secret = find(Some(key), text)?;
    assert!(secret.range.end <= text.len() && text.is_char_boundary(secret.range.start));
    Some(secret.kind)
}

fn found<'a>(key: &str, text: &'a str) -> Option<&'a str> {
    find(Some(key), text).map(|secret| &text[secret.range])
}

#[test]
fn issued_keys_are_known_by_their_shape() {
    // Parted, so that no scanner of this repository takes them for real ones.
    for (prefix, tail, word) in [
        ("sk-", "litellm-3f9d2c71a8e64b05b1d7c6e2", "sk-"),
        ("sk-ant-", "api03-Zk3v9QxT81bLmN0pRs7UwYaCdE", "Anthropic"),
        ("ghp_", "a1B7c3D4e5X6g2H8i9J0k4L2m3N1o5P6q7R8", "GitHub"),
        (
            "github_pat_",
            "11KXQ7ZLG0aWc5eMgHt_mPvP3rStXvBxMz01",
            "GitHub",
        ),
        ("glpat-", "9fK2mQ7xT4vB1nL8zR3w", "GitLab"),
        ("xoxb-", "2840193847-5739201847-aB3dE5gH7jK9", "Slack"),
        ("AKIA", "4QK7ZT2M9XW5LJ3N", "AWS"),
        ("AIza", "SyD4k9QmX7bT2vN8pLr5WzYc3FhJ6sUe1Ga", "Google"),
        ("hf_", "QmXbTvNpLrWzYcFhJsUeGaKdTiOwCxBn7Z", "Hugging Face"),
        ("GOCSPX-", "D4k9QmX7bT2vN8pLr5WzYc3FhJ6s", "Google"),
        ("r8_", "D4k9QmX7bT2vN8pLr5WzYc3FhJ6sUe1GaKdTiO", "Replicate"),
        (
            "lsv2_pt_",
            "9f3d2c71a8e64b05b1d7c6e29f3d2c71_a8e64b05b1",
            "LangSmith",
        ),
        ("dckr_pat_", "D4k9QmX7bT2vN8pLr5WzYc3FhJ6", "Docker Hub"),
        ("hvs.", "CAESID4k9QmX7bT2vN8pLr5WzYc3FhJ6sUe1Ga", "Vault"),
    ] {
        let text = format!("{prefix}{tail}");
        let kind = kind("anything", &text).unwrap_or_else(|| panic!("{text}"));
        assert!(kind.title().contains(word), "{text}: {}", kind.title());
    }
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtY3AifQ.4kZ7QmX2bT9vN3pLr8Wz";
    assert_eq!(kind("x", jwt), Some(Kind::Jwt));
    let embedded = "curl -H 'x-api-key: sk-9f3d2c71a8e64b05b1d7c6e2' http://gateway";
    assert_eq!(
        found("command", embedded),
        Some("sk-9f3d2c71a8e64b05b1d7c6e2")
    );
}

#[test]
fn credentials_behind_a_scheme() {
    assert_eq!(
        found(
            "Authorization",
            "Bearer sk-litellm-3f9d2c71a8e64b05b1d7c6e2"
        ),
        Some("sk-litellm-3f9d2c71a8e64b05b1d7c6e2")
    );
    assert_eq!(kind("x", "Bearer 7f3a9c2e41b84d06a5e1"), Some(Kind::Bearer));
    // ada:correct7horse
    assert_eq!(
        kind("x", "Basic YWRhOmNvcnJlY3Q3aG9yc2U="),
        Some(Kind::Basic)
    );
    for text in [
        "Bearer token",
        "Bearer ${LITELLM_KEY}",
        "basic authentication",
        "Bearer sk-1234",
        "Basic dXNlcjpwYXNzd29yZA==",
    ] {
        assert_eq!(kind("Authorization", text), None, "{text}");
    }
}

#[test]
fn passwords_in_urls() {
    assert_eq!(
        found("url", "postgresql://mcp:Vx81-qLz@db:5432/app"),
        Some("Vx81-qLz")
    );
    assert_eq!(
        found("url", "https://ada:p@ss9!x@host/path"),
        Some("p@ss9!x")
    );
    for text in [
        "postgresql://postgres:postgres@db:5432/app",
        "postgresql://litellm:litellm_password@db/app",
        "postgresql://jarvis:jarvis_password@db/jarvis",
        "postgresql://llmproxy:dbpassword9090@db:5432/litellm",
        "postgresql://app:${DB_PASSWORD}@db/app",
        "postgresql://app:${DB_PASSWORD:-x}@db/app",
        "postgresql://${USER}:$PASSWORD@db/app",
        "postgresql://user:<password>@db/app",
        "http://localhost:4000/mcp/",
        "http://[::1]:4000/@scope:name",
        "git+https://github.com/org/repo@v1:2",
    ] {
        assert_eq!(kind("DATABASE_URL", text), None, "{text}");
    }
}

#[test]
fn private_keys() {
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow9Qk2x\n-----END RSA PRIVATE KEY-----\n";
    assert_eq!(found("x", pem), Some(pem.trim_end()));
    assert_eq!(
        kind(
            "x",
            "-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----"
        ),
        None
    );
}

#[test]
fn random_values_under_telling_names() {
    for key in [
        "api_key",
        "LITELLM_MASTER_KEY",
        "x-litellm-api-key",
        "clientSecret",
        "auth_value",
        "token",
    ] {
        assert_eq!(
            kind(key, "9f3d2c71a8e64b05b1d7"),
            Some(Kind::Named),
            "{key}"
        );
    }
    for key in [
        "trace_id",
        "image",
        "token_url",
        "api_key_env",
        "secretName",
        "public_key",
        "max_tokens",
        "digest",
    ] {
        assert_eq!(kind(key, "9f3d2c71a8e64b05b1d7"), None, "{key}");
    }
    assert_eq!(
        kind("POSTGRES_PASSWORD", "Tr0ub4dor&3x"),
        Some(Kind::Password)
    );
    assert_eq!(
        kind("ODOO_PASSWORD", "Horse1852&Tree"),
        Some(Kind::Password)
    );
    assert_eq!(
        found("environment", "VNC=${DESKTOP_PASSWORD:-Horse1852&Tree}"),
        Some("Horse1852&Tree")
    );
    assert_eq!(kind("VNC_PW", "Horse1852&Tree"), Some(Kind::Password));
    for text in [
        "PGPASSWORD=${POSTGRES_PASSWORD:-postgres}",
        "X=${DB_PASSWORD-changeme}",
        "X=${API_KEY:-sk-local}",
        "X=${API_KEY:?set it to 9f3d2c71a8e64b05b1d7}",
        "X=${TRACE_ID:-9f3d2c71a8e64b05b1d7}",
    ] {
        assert_eq!(kind("environment", text), None, "{text}");
    }
    assert_eq!(
        mask(Some("X"), "a ${DB_PASSWORD:-hunter22} ${PORT:-8080}"),
        "a ${DB_PASSWORD:-********} ${PORT:-8080}"
    );
    assert_eq!(
        found("environment", "API_TOKEN=9f3d2c71a8e64b05b1d7"),
        Some("9f3d2c71a8e64b05b1d7")
    );
    assert_eq!(
        found("args", "--api-key=9f3d2c71a8e64b05b1d7"),
        Some("9f3d2c71a8e64b05b1d7")
    );
    assert_eq!(
        found("url", "https://host/sse?token=9f3d2c71a8e64b05b1d7&x=1"),
        Some("9f3d2c71a8e64b05b1d7")
    );
}

#[test]
fn what_everybody_may_know_is_no_secret() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtY3AifQ.4kZ7QmX2bT9vN3pLr8Wz";
    for key in [
        "TURNSTILE_SITE_KEY",
        "RECAPTCHA_SITE_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "SSH_KEY_FINGERPRINT",
        "IDEMPOTENCY_KEY",
        "TOKEN_ISSUED_AT",
        "firstTokenDate",
        "tokenExpiresAt",
        "NEXT_PUBLIC_MAP_TOKEN",
        "VITE_API_KEY",
        "EXPO_PUBLIC_API_KEY",
    ] {
        assert_eq!(kind(key, "9f3d2c71a8e64b05b1d7"), None, "{key}");
    }
    assert_eq!(kind("NEXT_PUBLIC_SUPABASE_ANON_KEY", jwt), None);
    assert_eq!(
        kind("environment", &format!("SUPABASE_ANON_KEY={jwt}")),
        None
    );
    assert_eq!(
        kind("environment", &format!("SITE_KEY=${{SITE_KEY:-{jwt}}}")),
        None
    );
    // What stands beside a public key is looked at all the same.
    assert_eq!(
        found(
            "command",
            &format!("serve --site-key={jwt} --api-key=9f3d2c71a8e64b05b1d7")
        ),
        Some("9f3d2c71a8e64b05b1d7")
    );
    assert_eq!(kind("SUPABASE_SERVICE_ROLE_KEY", jwt), Some(Kind::Jwt));
    assert_eq!(
        kind("SITE_SECRET_KEY", "9f3d2c71a8e64b05b1d7"),
        Some(Kind::Named)
    );
    assert_eq!(
        kind("VITEST_API_KEY", "9f3d2c71a8e64b05b1d7"),
        Some(Kind::Named)
    );
}

#[test]
fn times_and_code_are_no_secrets() {
    for text in [
        "2025-07-23T03:27:24.018678Z",
        "2025-07-23 03:27:24+02:00",
        "process.env.SEARCH9_API_KEY",
        "String(process.env.SEARCH9_API_KEY)",
        "os.environ[\"SEARCH9_API_KEY\"]",
        "import.meta.env.SEARCH9_API_KEY",
        "$(cat/run/secrets/key9)",
    ] {
        assert_eq!(kind("api_token", text), None, "{text}");
        assert_eq!(kind("api_password", text), None, "{text}");
    }
    assert_eq!(
        kind("api_token", "2025-07-23T03:9f3d2c71a8e6"),
        Some(Kind::Named)
    );
}

#[test]
fn what_is_no_secret() {
    for text in [
        "${LITELLM_MASTER_KEY}",
        "${KEY:-}",
        "$LITELLM_MASTER_KEY",
        "os.environ/LITELLM_MASTER_KEY",
        "{{ vault.key }}",
        "<your key>",
        "{env:KEY}",
        "sk-1234",
        "sk-1234567890abcdef",
        "your-key-here",
        "sk-your-key-goes-here-0",
        "changeme",
        "change-me-32-characters-long-0001",
        "xxxxxxxxxxxxxxxxxxxx",
        "mock-key-for-testing",
        "dummy-0a1b2c3d4e5f6a7b",
        "test-key",
        "replace-me-9f3d2c71a8e64b05",
        "password",
        "AKIAIOSFODNN7EXAMPLE",
        "/run/secrets/litellm_master_key_2",
        "./certs/2024/server-09.key",
        "https://login.internal.lan/oauth2/v2.0/token",
        "ChooseAVeryStrongPassphrase",
        "correct-horse-battery-staple",
        "simple-shuffle-v2",
        "4096",
        "true",
        "",
        "__LITELLM_MASTER_KEY__",
        "ENC[AES256_GCM,data:9f3d2c71a8e6,iv:4b05b1d7c6e2,tag:Zk3v9QxT81bL,type:str]",
        "<path:kv2/data/litellm01#master_key9>",
        "vault:secret/data/litellm2#MASTER_KEY",
        "op://infra2/litellm9/master-key",
        "ref+vault://secret/litellm2#/master_key9",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:litellm",
    ] {
        assert_eq!(kind("api_key", text), None, "{text}");
    }
    assert_eq!(
        kind("session", "3b1f8a52-7c44-4e0d-9a61-d2f0c8b7e913"),
        None
    );
    assert_eq!(kind("name", "task-management-1234567890ab"), None);
    assert_eq!(kind("path", "/opt/disk-9f3d2c71a8e64b05b1d7"), None);
}

#[test]
fn masks_keep_the_length_and_what_is_no_secret() {
    for (key, text, masked) in [
        ("api_key", "sk-1234", "*******"),
        ("Authorization", "Bearer abcd", "Bearer ****"),
        ("Authorization", "Bearer ${KEY}", "Bearer ${KEY}"),
        ("master_key", "os.environ/KEY", "os.environ/KEY"),
        ("password", "abcd ${B} efgh", "**** ${B} ****"),
        ("password", "${A:-bbbb${C:-dddd}}", "${A:-****${C:-****}}"),
        ("password", "pa<b9>x$WORD", "************"),
        ("password", "größe", "*******"),
        ("auth_enabled", "true", "true"),
        ("token", "true", "true"),
        (
            "url",
            "http://u:pw@h:1/x?key=v0",
            "http://****@h:1/x?key=v0",
        ),
        (
            "url",
            "http://h:1/x?token=abcd&y=1",
            "http://h:1/x?token=****&y=1",
        ),
        (
            "DATABASE_DSN",
            "postgres://u:pw@h/db",
            "postgres://****@h/db",
        ),
        ("environment", "MASTER_KEY=hunter2", "MASTER_KEY=*******"),
        ("header", "x-api-key: abc def", "x-api-key: *** ***"),
        ("key", "DATABASE_URL", "DATABASE_URL"),
        ("password", "pw", "pw"),
        ("api_keys", "[${X}]", "[${X}]"),
        ("DB_PASS", "hunter2", "*******"),
        ("PGPASSWORD", "hunter2", "*******"),
        ("MYSQL_PWD", "hunter2", "*******"),
        ("pass_through", "hunter2", "hunter2"),
        (
            "command",
            "serve --password plainsecretpw --port 8000",
            "serve --password ************* --port 8000",
        ),
        (
            "command",
            "serve --api-key 'plain secret' --db-pass=hunter2 -v",
            "serve --api-key '***** ******' --db-pass=******* -v",
        ),
        (
            "command",
            "serve --token --verbose --max-tokens 4096 --token-file a/b",
            "serve --token --verbose --max-tokens 4096 --token-file a/b",
        ),
        (
            "command",
            "serve --token ${TOKEN} --password {{ vault.pw }} -token <your token>",
            "serve --token ${TOKEN} --password {{ vault.pw }} -token <your token>",
        ),
        (
            "url",
            "https://x/mcp?api_key=${URL_API_KEY}&token=abcd${B}efgh",
            "https://x/mcp?api_key=${URL_API_KEY}&token=****${B}****",
        ),
        (
            "command",
            "curl -u adm:Hun7er2 http://h/ && redis-cli -a hunter ping; /usr/bin/mysqladmin -phunter -u root status",
            "curl -u adm:******* http://h/ && redis-cli -a ****** ping; /usr/bin/mysqladmin -p****** -u root status",
        ),
        (
            "command",
            "curl --user 'adm:my cat' --proxy-user=a:hunter -ux:hunter http://h/",
            "curl --user 'adm:** ***' --proxy-user=a:****** -ux:****** http://h/",
        ),
        (
            "command",
            "tool -u root:Hun7er2 x",
            "tool -u root:******* x",
        ),
        (
            "command",
            "docker run -u 1000:1000 --user node:docker -p 8080:80 -a stdin mysql:8 -p 3306:3306",
            "docker run -u 1000:1000 --user node:docker -p 8080:80 -a stdin mysql:8 -p 3306:3306",
        ),
        (
            "command",
            "curl -u \"$USER:$PASSWORD\" -u user:password -u adm:${PW} http://h/",
            "curl -u \"$USER:$PASSWORD\" -u user:password -u adm:${PW} http://h/",
        ),
        (
            "url",
            "https://hooks.slack.com/services/T0F3K9ZQ2/B8xQw71Lm/aB3dE5gH7jK9mN1pQ3rS5tU7",
            "https://hooks.slack.com/services/*********/*********/************************",
        ),
        (
            "url",
            "https://mcp.zapier.com/api/mcp/s/Zk3v9QxT81bLmN0pRs7UwYaCdE==/mcp?x=1&sig=a8Kd92mX&code=9f3d2c7",
            "https://mcp.zapier.com/api/mcp/s/****************************/mcp?x=1&sig=********&code=*******",
        ),
        (
            "url",
            "https://h/x/3b1f8a52-7c44-4e0d-9a61-d2f0c8b7e913/MyLongRepositoryName2024Version?code=typescript&key=name",
            "https://h/x/3b1f8a52-7c44-4e0d-9a61-d2f0c8b7e913/MyLongRepositoryName2024Version?code=typescript&key=name",
        ),
        ("HTTP_AUTH", "alice:hunter", "alice:******"),
        (
            "environment",
            "BASIC_AUTH=alice:hunter",
            "BASIC_AUTH=alice:******",
        ),
        ("HTTP_AUTH", "user:password", "user:password"),
        ("BASIC_AUTH", "true", "true"),
        (
            "headersHelper",
            "echo {\\\"X-Api-Key\\\":\\\"hunter2\\\"}",
            "echo {\\\"X-Api-Key\\\":\\\"*******\\\"}",
        ),
        ("args", "key=Horse1852&Tree", "key=**************"),
        ("args", "key=name", "key=name"),
        ("max_tokens", "4096", "4096"),
        (
            "image",
            "ghcr.io/berriai/litellm:main-latest",
            "ghcr.io/berriai/litellm:main-latest",
        ),
    ] {
        assert_eq!(mask(Some(key), text), masked, "{key}: {text}");
        assert_eq!(masked.len(), text.len());
    }
}

#[test]
fn free_text_stays_readable() {
    for text in [
        "the key: see the documentation",
        "http://localhost:4000/mcp/ answers 401: bearer token missing",
        "`master_key: os.environ/LITELLM_MASTER_KEY` is read",
        "port 4000: the container listens on 8000",
        "DATABASE_URI=postgresql://USER:PASSWORD@HOST:5432/DATABASE",
        "postgres://user:<password>@db/app",
        "claude mcp add-json x '{\"url\":\"https://x/mcp?api_key=${URL_API_KEY}\"}'",
        "start it with the flag --token and a value",
    ] {
        assert_eq!(redact(text), text);
    }
    assert_eq!(
        redact("GET http://u:pw@h/ with Authorization: Bearer abc123def gives 401"),
        "GET http://****@h/ with Authorization: Bearer ********* gives 401"
    );
    assert_eq!(
        redact("LITELLM_MASTER_KEY=sk-9f3d2c71a8e6 is set"),
        "LITELLM_MASTER_KEY=*************** is set"
    );
}

#[test]
fn flags_in_text_hide_their_values() {
    for (text, redacted) in [
        (
            "command: --password plainsecretpw --port 8000",
            "command: --password ************* --port 8000",
        ),
        (
            "command: [\"--token\", \"abc def\", \"--verbose\"]",
            "command: [\"--token\", \"*** ***\", \"--verbose\"]",
        ),
        (
            "\"run \\\"--token\\\", \\\"abcdef\\\"\"",
            "\"run \\\"--token\\\", \\\"*******\"\"",
        ),
    ] {
        assert_eq!(redact(text), redacted);
    }
}

#[test]
fn marks_beside_references_are_no_secrets() {
    let yaml = "a: {api_key: os.environ/K}\nb: [{api_key: '${X}'}]\nc: {x: 1, token: abcdef, y: 2}\n{api_key: ${X}}\nkeys:\n  api_keys: [${X}]\n";
    let expected = yaml.replace("abcdef", "******");
    let source = Source::new(
        SourceId(0),
        "file",
        Format::Yaml(Dialect::PyYaml),
        Ok(yaml.as_bytes().to_vec()),
    );
    assert_eq!(masked_text(&source), expected);
    assert_eq!(
        masked(
            Format::Yaml(Dialect::PyYaml),
            "a: {api_key: os.environ/K}\nc: {x: 1, token: abcdef, y: 2}\n"
        ),
        "a: {api_key: os.environ/K}\nc: {x: 1, token: ******, y: 2}\n"
    );
}

#[test]
fn what_is_replaced_may_be_short_and_of_several_words() {
    for text in ["pw", "my cat is red"] {
        let spans = spans_to_replace(Some("password"), text);
        assert_eq!(spans, std::slice::from_ref(&(0..text.len())));
    }
    assert!(spans_to_replace(Some("password"), "${PW}!").is_empty());
}

#[test]
fn what_a_variable_may_show() {
    for text in [
        "",
        "true",
        "8000",
        "0.5",
        "debug",
        "--stdio",
        "/srv/data/notes",
        "./a.json",
        "~/x",
        "http://host:8000/api/v1",
        "${X}",
        "http://${HOST}:8000/",
        "read only",
        "C:\\data",
    ] {
        assert!(is_plain("SETTING", text), "{text}");
    }
    for text in [
        "9f8e7d6c5b4a39281706",
        "correcthorsebatterystaplecorrect",
        "Tr0ub4dor&3",
        "http://host/mcp?x=9f8e",
        "http://u:pw@host/",
        "https://hooks.host/9f8e7d6c5b4a39281706",
        "postgres://${USER}:hunter2@db/app",
        "a=b",
    ] {
        assert!(!is_plain("SETTING", text), "{text}");
    }
    assert!(!is_plain("API_TOKEN", "debug"));
    assert!(is_plain("API_TOKEN", "${API_TOKEN}"));
}

#[test]
fn hostile_texts_take_time_in_proportion() {
    const SIZE: usize = 1 << 17;
    for part in [
        "${",
        "${A:-",
        "${A:",
        "<",
        "<a",
        "$(",
        "{{",
        "{env:",
        "%(",
        "token=",
        "token='",
        "x token=",
        "secret=http://",
        "--token ",
        "--token -",
        "-",
        "eyJ=",
        "eyJxxxxxxx.a.=",
        "://",
        "a:b@",
        "Bearer ",
        "-----BEGIN PRIVATE KEY-----${X}-----END -----",
        "-----BEGIN ",
        "sk-",
        "= ",
        "curl -u ",
        "curl -u '",
        "-u a:B1",
        "https://h/",
    ] {
        let text = part.repeat(SIZE / part.len());
        let closed = format!("{text}{}", "}".repeat(SIZE / part.len()));
        let start = std::time::Instant::now();
        for text in [&text, &closed] {
            let _ = find(Some("password"), text);
            let _ = spans_to_mask(Some("password"), text);
            let _ = redact(text);
        }
        let took = start.elapsed();
        assert!(took.as_secs() < 5, "{part}: {took:?}");
    }
}

fn masked(format: Format, text: &str) -> String {
    let source = Source::new(SourceId(0), "file", format, Ok(text.as_bytes().to_vec()));
    let masked = masked_text(&source);
    assert_eq!(masked.len(), text.len());
    assert_eq!(masked.lines().count(), text.lines().count());
    masked
}

#[test]
fn whole_files_are_masked() {
    let yaml = "general_settings:\n  master_key: sk-1234 # was: hunter2\n  # old_key: abcd\nlist:\n  - --token\n  - abcd\nenv:\n  - name: DB_PASSWORD\n    value: |\n      one\n      two\nport: 4000\n";
    assert_eq!(
        masked(Format::Yaml(Dialect::PyYaml), yaml),
        "general_settings:\n  master_key: ******* # was: hunter2\n  # old_key: ****\nlist:\n  - --token\n  - ****\nenv:\n  - name: DB_PASSWORD\n    value: |\n      ***\n      ***\nport: 4000\n"
    );
    let json = "{\"headers\": {\"Authorization\": \"Bearer a\\\"b\", \"Host\": \"localhost\"}, \"api_key\": \"wxyz\", \"n\": 1}";
    assert_eq!(
        masked(Format::Json, json),
        "{\"headers\": {\"Authorization\": \"Bearer ****\", \"Host\": \"localhost\"}, \"api_key\": \"****\", \"n\": 1}"
    );
}

#[test]
fn files_without_a_tree_are_masked_line_by_line() {
    let broken =
        "{\n  \"api_key\": \"hunter2\",\n  \"port\": 4000,,\n  Authorization: Bearer abcd\n";
    assert_eq!(
        masked(Format::Json, broken),
        "{\n  \"api_key\": \"*******\",\n  \"port\": 4000,,\n  Authorization: Bearer ****\n"
    );
    let env = "export DB_PASSWORD='ab cd'\nPORT=4000\nLITELLM_MASTER_KEY=wx yz\nURL=postgres://a:bc@c/d\n";
    assert_eq!(
        masked(Format::Env, env),
        "export DB_PASSWORD='** **'\nPORT=4000\nLITELLM_MASTER_KEY=** **\nURL=postgres://****@c/d\n"
    );
}
