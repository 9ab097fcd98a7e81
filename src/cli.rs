//! The command line: clap types only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The doctor for MCP chains: client → gateway → MCP servers in containers.
#[derive(Debug, Parser)]
#[command(
    name = "mcpdoc",
    version,
    about = "Finds out why an MCP client gets no tools through a gateway, and shows what to write instead",
    max_term_width = 100,
    after_help = "Start with `mcpdoc check` in the folder that holds your configuration files."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What mcpdoc can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the files of a stack and report what is broken
    Check(Box<CheckArgs>),
    /// Explain a check: what it finds, why it matters, how to fix it
    Explain(ExplainArgs),
    /// List all checks
    Checks(ChecksArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// `mcpdoc check`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mcpdoc check                          this folder and your client files
  mcpdoc check --litellm config.yaml    a gateway, its compose file and clients
  mcpdoc check --litellm-version 1.77.3 for a known version of LiteLLM
  mcpdoc check --fail-on warning .      in CI: fail on warnings, too
  mcpdoc check --format json .          for programs

Exit status: 0 no finding at or above --fail-on, 1 findings, 2 could not run.")]
pub struct CheckArgs {
    /// Files and folders to read (default: this folder and your client files)
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A LiteLLM configuration file; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub litellm: Vec<PathBuf>,
    /// A compose file; join the files of one project with commas; may be repeated
    #[arg(long, value_name = "FILE[,FILE]", help_heading = "Inputs")]
    pub compose: Vec<String>,
    /// A client's file with MCP servers, such as .mcp.json, read as Claude Code reads it (claude_desktop_config.json: as
    /// Claude Desktop does); may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub claude: Vec<PathBuf>,
    /// Variables for compose files, used instead of their .env; may be repeated
    #[arg(long, value_name = "FILE", help_heading = "Inputs")]
    pub env_file: Vec<PathBuf>,
    /// Read the client files of this home directory, even if other inputs are named
    #[arg(long, value_name = "DIR", help_heading = "Inputs")]
    pub home: Option<PathBuf>,
    /// The version of LiteLLM that runs; overrides the tag of its image
    #[arg(long, value_name = "VERSION", help_heading = "Inputs")]
    pub litellm_version: Option<String>,
    /// Another name or address of this machine, as clients use it; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Inputs")]
    pub host_alias: Vec<String>,
    /// Read files only; this version never does anything else
    #[arg(long, help_heading = "Inputs")]
    pub offline: bool,
    /// Run only these checks, separated by commas (`mcpdoc checks` lists them)
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        help_heading = "Checks"
    )]
    pub only: Vec<String>,
    /// Do not run these checks, separated by commas
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        help_heading = "Checks"
    )]
    pub skip: Vec<String>,
    /// Exit with status 1 if there is a finding of this severity or higher
    #[arg(
        long,
        value_name = "SEVERITY",
        default_value = "error",
        help_heading = "Checks"
    )]
    pub fail_on: FailOn,
    /// Output format
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: Format,
    /// Options of the output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Show only the chain and one line for each finding
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Show every place and all evidence, what was read and what was skipped
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,
}

/// Output options of every command.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// When to use colour
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub color: Color,
}

/// `mcpdoc explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The check's id, such as port-mismatch
    #[arg(value_name = "ID")]
    pub id: String,
    /// Options of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcpdoc checks`
#[derive(Debug, Args)]
pub struct ChecksArgs {
    /// Output format
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: Format,
    /// Options of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcpdoc completions`
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell to print it for
    pub shell: clap_complete::Shell,
}

/// Formats of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document (schema mcpdoc/1)
    Json,
}

/// The lowest severity that makes a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Warnings and errors
    Warning,
    /// Any finding
    Note,
    /// Nothing
    Never,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
