//! What mcpdoc says of configurations, held against LiteLLM itself: `tests/differential/run` says how.
//!
//! CI runs a small number with a fixed seed. It takes PyPI, or environments that exist: `MCPDOC_VENVS` is where they
//! are made, `MCPDOC_LITELLM_1_77_3` and `MCPDOC_LITELLM_1_109_1` name ready ones.

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "needs LiteLLM"]
fn agrees_with_litellm() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let work = tempfile::tempdir().expect("a folder");
    let output = Command::new(root.join("tests/differential/run"))
        .args(["--versions", "1.77.3,1.109.1", "--count", "120"])
        .args(["--seed", "7", "--fresh", "2", "--examples", "20"])
        .arg("--mcpdoc")
        .arg(env!("CARGO_BIN_EXE_mcpdoc"))
        .arg("--work")
        .arg(work.path())
        .output()
        .expect("tests/differential/run needs Python 3.11 or newer as python3");
    assert!(
        output.status.success(),
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
