//! Help, usage errors and small commands, as transcripts in `tests/cli/`. `TRYCMD=overwrite` writes them anew.

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .default_bin_name("mcpdoc")
        .env("COLUMNS", "80")
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", "/nonexistent")
        // Whatever this machine runs: transcripts are of one without an engine.
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .case("tests/cli/*.md");
}
