//! The command line: clap types only.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

/// The doctor for MCP chains: client → gateway → MCP servers in containers.
#[derive(Debug, Parser)]
#[command(
    name = "mcpdoc",
    version,
    about = "Finds out why an MCP client gets no tools through a gateway, and shows what to write instead",
    after_help = "Start with `mcpdoc check` in the folder that holds your configuration files.",
    after_long_help = "\
Start with `mcpdoc check` in the folder that holds your configuration files.

Examples:
  mcpdoc check                      what is broken here, and what to write
  mcpdoc fix                        the edits that repair it, as a diff
  mcpdoc probe localhost:8000/mcp   what answers there
  mcpdoc explain port-mismatch      what a finding means
  mcpdoc check --help               all options of a command

Exit status: 0 nothing is wrong, 1 something is, 2 could not run. What each
command means by it is said in its own help.

Environment:
  NO_COLOR, CLICOLOR, CLICOLOR_FORCE  colour, where --color does not say
  COLUMNS                             the width where stdout is no terminal (80)
  DOCKER_HOST, DOCKER_CONTEXT         the container engine, as for docker
  SSL_CERT_FILE, SSL_CERT_DIR         the authorities that are trusted
  XDG_STATE_HOME                      where `mcpdoc fix` keeps what undoes it

Files:
  ~/.claude.json, .mcp.json       of Claude Code, and others of other clients
  ~/.docker                       Docker's contexts, only read
  ~/.local/state/mcpdoc           what takes the last `mcpdoc fix --write` back"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The command line, with what its types cannot say of themselves: `man` takes the name of any command.
pub fn command() -> clap::Command {
    let cli = Cli::command();
    let commands = cli.get_subcommands();
    let names: Vec<String> = commands.map(|one| one.get_name().to_owned()).collect();
    cli.mut_subcommand("man", |man| {
        man.mut_arg("command", |arg| {
            arg.value_parser(PossibleValuesParser::new(names))
        })
    })
}

/// What mcpdoc can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read the files of a stack, probe its endpoints and report what is broken
    Check(Box<CheckArgs>),
    /// Show the edits that repair what `check` finds, each proved, and write them with --write
    Fix(Box<FixArgs>),
    /// Record what `check` sees, without secrets, so that it can be checked elsewhere
    Observe(Box<ObserveArgs>),
    /// Talk to one MCP server and say what it is, or why a client cannot use it
    Probe(Box<ProbeArgs>),
    /// Explain a check: what it finds, why it matters, how to fix it
    Explain(ExplainArgs),
    /// List all checks
    Checks(ChecksArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

/// `mcpdoc check`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mcpdoc check                          this folder and your client files
  mcpdoc check --litellm config.yaml    a gateway, its compose file and clients
  mcpdoc check --litellm-version 1.77.3
      for a known version of LiteLLM
  mcpdoc check --offline .              read files only
  mcpdoc check --fail-on warning .      in CI: fail on warnings, too
  mcpdoc check --untrusted              in CI: on a stranger's pull request
  mcpdoc check --changed-since main     only stacks that a change touches
  mcpdoc check --write-baseline known.json
      let what is wrong today pass, with --baseline known.json from then on
  mcpdoc check --require wire           fail if an endpoint could not be tried
  mcpdoc check --call db:list_schemas   call a tool through the gateway, too
  mcpdoc check --format github .        beside the lines of a pull request
  mcpdoc check --output sarif=a.sarif . a file beside the text
  mcpdoc check --facts facts.json       with what `mcpdoc observe` has recorded
  mcpdoc check --bundle stack.tgz       the same, and its files with it

Exit status: 0 no finding at or above --fail-on, 1 findings, 2 could not run,
3 no such finding, but something that --require asks for could not be tried.")]
pub struct CheckArgs {
    /// What to read.
    #[command(flatten)]
    pub inputs: InputArgs,
    /// What to ask.
    #[command(flatten)]
    pub probes: ProbesArgs,
    /// What to call.
    #[command(flatten)]
    pub calls: CallArgs,
    /// Which repairs are wanted.
    #[command(flatten)]
    pub repairs: RepairsArgs,
    /// Ask nothing, and take the answers from this file, which `mcpdoc observe` wrote
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["offline", "no_probe", "no_docker", "docker_host", "allow_exec", "call", "trust_origin", "gateway_key_env", "timeout"],
        help_heading = "Probes"
    )]
    pub facts: Option<PathBuf>,
    /// Check the change of somebody who is not trusted: read nothing outside of this repository (or of the one folder given
    /// as PATH), neither your home nor the environment, and ask nobody
    #[arg(
        long,
        conflicts_with_all = ["allow_exec", "docker_host", "gateway_key_env", "call", "trust_origin", "home", "changed_since", "write_baseline", "prune_baseline"],
        help_heading = "Inputs"
    )]
    pub untrusted: bool,
    /// Read and ask nothing here, and take files and answers from this file, which `mcpdoc observe --bundle` wrote
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "facts", "paths", "litellm", "compose", "claude", "env_file", "home", "litellm_version", "gateway_url", "host_alias",
            "offline", "no_probe", "no_docker", "docker_host", "allow_exec", "call", "trust_origin", "gateway_key_env", "timeout",
            "config", "no_config", "untrusted", "changed_since", "baseline", "write_baseline", "prune_baseline",
        ],
        help_heading = "Probes"
    )]
    pub bundle: Option<PathBuf>,
    /// Exit with status 3 if nothing fails, but a hop could not be tried in this way
    #[arg(
        long,
        value_name = "EVIDENCE",
        value_delimiter = ',',
        help_heading = "Probes"
    )]
    pub require: Vec<Evidence>,
    /// Look only at stacks that differ from this revision of the git repository, committed or not
    #[arg(
        long,
        value_name = "REVISION",
        conflicts_with = "facts",
        help_heading = "Inputs"
    )]
    pub changed_since: Option<String>,
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
    /// Exit with status 1 if there is a finding of this severity or higher (default: error)
    #[arg(long, value_name = "SEVERITY", help_heading = "Checks")]
    pub fail_on: Option<FailOn>,
    /// Findings that are in this file do not count; what is in it and found no more has to be removed
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["write_baseline", "no_ignore"],
        help_heading = "Checks"
    )]
    pub baseline: Option<PathBuf>,
    /// Write what is found now into this file, as a baseline for the next runs
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["prune_baseline", "no_ignore", "only", "skip"],
        help_heading = "Checks"
    )]
    pub write_baseline: Option<PathBuf>,
    /// Remove from the baseline what is found no more
    #[arg(long, conflicts_with_all = ["no_ignore", "only", "skip"], help_heading = "Checks")]
    pub prune_baseline: bool,
    /// Let everything count, whatever comments, mcpdoc.toml and the baseline say
    #[arg(long, help_heading = "Checks")]
    pub no_ignore: bool,
    /// What to print on stdout
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: Format,
    /// Write the report in this format into a file, too, such as sarif=mcpdoc.sarif; may be repeated
    #[arg(
        id = "reports",
        long = "output",
        value_name = "FORMAT=FILE",
        help_heading = "Output"
    )]
    pub reports: Vec<String>,
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

/// `mcpdoc fix`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mcpdoc fix                            show what would be written, as a diff
  mcpdoc fix --unsafe                   with what changes behaviour, too
  mcpdoc fix --write                    write it
  mcpdoc fix --interactive              ask for each repair
  mcpdoc fix --only port-mismatch --unsafe --write
  mcpdoc fix --patch fix.patch          for git apply and patch -p1
  mcpdoc fix --undo                     take the last write back

Safe repairs keep the meaning, or do what was plainly intended; unsafe ones
change behaviour on mcpdoc's judgement: a url, a transport, a network. Each is
tried on the files in memory first: it stays only if its finding is gone and
nothing new is found. What has to be run afterwards is listed and never run.

Exit status: 0 nothing is left to repair, or it was written and no error is
left; 1 there is something to write, or an error is left; 2 could not run.")]
pub struct FixArgs {
    /// What to read.
    #[command(flatten)]
    pub inputs: InputArgs,
    /// What to ask.
    #[command(flatten)]
    pub probes: ProbesArgs,
    /// Which repairs are wanted.
    #[command(flatten)]
    pub repairs: RepairsArgs,
    /// Ask nothing, and take the answers from this file, which `mcpdoc observe` wrote
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["offline", "no_probe", "no_docker", "docker_host", "allow_exec", "trust_origin", "gateway_key_env", "timeout"],
        help_heading = "Probes"
    )]
    pub facts: Option<PathBuf>,
    /// Show the edits and write nothing (what happens without this flag, too)
    #[arg(long, conflicts_with_all = ["write", "interactive", "patch", "undo"], help_heading = "Repairs")]
    pub diff: bool,
    /// Write the edits: all files or none
    #[arg(long, conflicts_with_all = ["patch", "undo"], help_heading = "Repairs")]
    pub write: bool,
    /// Make repairs that change behaviour, too
    #[arg(long, help_heading = "Repairs")]
    pub r#unsafe: bool,
    /// Repair only what these checks find, separated by commas (`mcpdoc checks` lists them)
    #[arg(
        long,
        value_name = "IDS",
        value_delimiter = ',',
        help_heading = "Repairs"
    )]
    pub only: Vec<String>,
    /// Ask before each repair, unsafe ones included, and write those that were agreed to
    #[arg(short, long, conflicts_with_all = ["patch", "undo"], help_heading = "Repairs")]
    pub interactive: bool,
    /// Keep a copy of each file beside it before it is written: config.yaml.bak
    #[arg(long, conflicts_with_all = ["patch", "undo"], help_heading = "Repairs")]
    pub backup: bool,
    /// Write the edits as a unified diff into this file, for `git apply` and `patch -p1`
    #[arg(long, value_name = "FILE", help_heading = "Repairs")]
    pub patch: Option<PathBuf>,
    /// Take the last write back, finished or not
    #[arg(long, conflicts_with_all = ["patch", "paths", "litellm", "compose", "claude"], help_heading = "Repairs")]
    pub undo: bool,
    /// Options of the output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Show only the diff
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Say of everything that is left why it was not repaired
    #[arg(short, long, help_heading = "Output")]
    pub verbose: bool,
}

/// What a run reads.
#[derive(Clone, Debug, Args)]
pub struct InputArgs {
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
    /// A gateway's name and an address of it, for one behind a proxy or on another machine: litellm=https://HOST/PATH, as
    /// far as /mcp; its name is its service's, container's or file's; may be repeated
    #[arg(long, value_name = "NAME=URL", help_heading = "Inputs")]
    pub gateway_url: Vec<String>,
    /// Another name or address of this machine, as clients use it; may be repeated
    #[arg(long, value_name = "NAME", help_heading = "Inputs")]
    pub host_alias: Vec<String>,
    /// The project's settings (default: the nearest mcpdoc.toml in this folder or above it)
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "no_config",
        help_heading = "Inputs"
    )]
    pub config: Option<PathBuf>,
    /// Read no mcpdoc.toml
    #[arg(long, help_heading = "Inputs")]
    pub no_config: bool,
}

/// What a run asks the world.
#[derive(Debug, Args)]
pub struct ProbesArgs {
    /// Read files only: open no connection and start no process
    #[arg(long, conflicts_with = "allow_exec", help_heading = "Probes")]
    pub offline: bool,
    /// Ask no endpoint whether it works
    #[arg(long, conflicts_with = "allow_exec", help_heading = "Probes")]
    pub no_probe: bool,
    /// Ask no container engine
    #[arg(long, conflicts_with = "docker_host", help_heading = "Probes")]
    pub no_docker: bool,
    /// The container engine to ask, such as unix:///run/podman/podman.sock (default: the one that docker would ask)
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "offline",
        help_heading = "Probes"
    )]
    pub docker_host: Option<String>,
    /// Start the servers that client files name as commands, to see whether they work, and `claude mcp list`, which starts
    /// and calls the servers of Claude Code's own files
    #[arg(long, help_heading = "Probes")]
    pub allow_exec: bool,
    /// An origin (https://HOST[:PORT]) to which variables of this environment may be sent that the files of a project
    /// name; without it they stay on this machine; may be repeated
    #[arg(long, value_name = "ORIGIN", help_heading = "Probes")]
    pub trust_origin: Vec<String>,
    /// Ask gateways also with their operator's key, which is the value of this environment variable: as a client that asks
    /// for all servers would; it goes to their own addresses alone
    #[arg(
        long,
        value_name = "VARIABLE",
        conflicts_with_all = ["offline", "no_probe"],
        help_heading = "Probes"
    )]
    pub gateway_key_env: Option<String>,
    /// Seconds that one endpoint may take (default: 30)
    #[arg(long, value_name = "SECONDS", help_heading = "Probes")]
    pub timeout: Option<f64>,
}

/// Which tools a run calls.
#[derive(Debug, Args)]
pub struct CallArgs {
    /// Call this tool of a server, through the gateway as each client and straight from where the gateway stands, and
    /// compare the answers; the server by its name or alias in LiteLLM's configuration, or a client's entry that leads
    /// straight to one; its arguments are a JSON object; may be repeated
    #[arg(
        long,
        value_name = "SERVER:TOOL[=JSON]",
        conflicts_with_all = ["offline", "no_probe"],
        help_heading = "Probes"
    )]
    pub call: Vec<String>,
}

/// Which repairs are wanted where several would do.
#[derive(Debug, Args)]
pub struct RepairsArgs {
    /// Let gateways reach servers in this way where it can be done (default: the simplest that is known to work)
    #[arg(long, value_name = "WAY", help_heading = "Repairs")]
    pub prefer: Option<Prefer>,
}

/// `--prefer`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Prefer {
    /// HTTP+SSE of the server's own
    Sse,
    /// Streamable HTTP of the server's own
    Http,
    /// A program in front of the server that speaks stdio to it
    Bridge,
    /// The gateway starts the server itself
    StdioInGateway,
}

/// `mcpdoc observe`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mcpdoc observe > facts.json           what `mcpdoc check` would see here
  mcpdoc check --facts facts.json       the same diagnosis, beside these files
  mcpdoc observe --bundle stack.tgz     the files that were read, too
  mcpdoc check --bundle stack.tgz       the same diagnosis, anywhere
  mcpdoc observe --offline --bundle stack.tgz .

Secrets are replaced by tokens of the same length. In facts the working
directory and the home have marks for names; in a bundle the name of the home is
another one, and all other names of files and folders stay. Comments and what
else is written in the files stay, too: look at them before you give them away.
A password that can be guessed can be tested with a record: give away only those
of stacks whose passwords cannot.

Exit status: 0 it was written, 2 there was nothing to write, or could not run.")]
pub struct ObserveArgs {
    /// What to read.
    #[command(flatten)]
    pub inputs: InputArgs,
    /// What to ask.
    #[command(flatten)]
    pub probes: ProbesArgs,
    /// What to call.
    #[command(flatten)]
    pub calls: CallArgs,
    /// Write into this file (a tar with gzip) also what was read, without secrets, and print nothing
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub bundle: Option<PathBuf>,
}

/// `mcpdoc probe`
#[derive(Debug, Args)]
#[command(
    override_usage = "\
mcpdoc probe [OPTIONS] <URL>
       mcpdoc probe [OPTIONS] -- <COMMAND> [ARGS]...",
    after_help = "\
Examples:
  mcpdoc probe http://localhost:8000/mcp
      what it is, or why a client cannot use it
  mcpdoc probe --bearer-env LITELLM_KEY http://localhost:4000/mcp/
      with the key that this variable holds
  mcpdoc probe --host mcp.lan:8000 http://127.0.0.1:8000/mcp
      by the name that its clients use
  mcpdoc probe --from litellm http://mcp-postgres:8000/mcp
      from where the container litellm stands
  mcpdoc probe --call search --args '{\"query\": \"x\"}' http://localhost:8000/mcp
      and whether a tool works
  mcpdoc probe --rounds 20 http://localhost:8000/mcp
      and how long it takes
  mcpdoc probe -- npx -y @modelcontextprotocol/server-everything
      a server that is a program

Exit status: 0 a client can use it (a server without tools and one that demands
an OAuth login included), 1 it cannot, or that could not be told, 2 wrong usage."
)]
pub struct ProbeArgs {
    /// The address of the server; http:// where it has no scheme
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// Words that are too many: taken so that the message can say where they belong.
    #[arg(value_name = "WORDS", num_args = 0.., hide = true)]
    pub rest: Vec<String>,
    /// A program to start and to talk to over its pipes, and its arguments
    #[arg(value_name = "COMMAND", last = true)]
    pub command: Vec<String>,
    /// The transport that the client uses; auto finds out which one answers
    #[arg(
        long,
        value_name = "TRANSPORT",
        default_value = "auto",
        help_heading = "Endpoint"
    )]
    pub transport: TransportArg,
    /// A header to send, to the server's own origin only; may be repeated
    #[arg(long, value_name = "NAME: VALUE", help_heading = "Endpoint")]
    pub header: Vec<String>,
    /// Send `Authorization: Bearer` with the value of this environment variable; unlike that of --header, other users of
    /// this machine do not see it
    #[arg(long, value_name = "VARIABLE", help_heading = "Endpoint")]
    pub bearer_env: Option<String>,
    /// The Host header to send, where it is not the URL's
    #[arg(long, value_name = "NAME[:PORT]", help_heading = "Endpoint")]
    pub host: Option<String>,
    /// Use this address for a name and port, as curl does; may be repeated
    #[arg(long, value_name = "NAME:PORT:ADDRESS", help_heading = "Endpoint")]
    pub resolve: Vec<String>,
    /// Probe as this running container would: from its network and with its names, as root on the engine's machine, or
    /// with --allow-exec by a program that is started in it; its name or id
    #[arg(long, value_name = "CONTAINER", help_heading = "Endpoint")]
    pub from: Option<String>,
    /// The container engine to ask for --from (default: the one that docker would ask)
    #[arg(long, value_name = "URL", requires = "from", help_heading = "Endpoint")]
    pub docker_host: Option<String>,
    /// Let the engine start a program in the container of --from: what connects for mcpdoc, or the command
    #[arg(long, requires = "from", help_heading = "Endpoint")]
    pub allow_exec: bool,
    /// Trust the certificates in this PEM file, too
    #[arg(long, value_name = "FILE", help_heading = "Endpoint")]
    pub cacert: Option<PathBuf>,
    /// Accept any certificate
    #[arg(long, help_heading = "Endpoint")]
    pub insecure: bool,
    /// The protocol revisions to try: auto stops at the first that works, all tries both ways to begin, or name one such
    /// as 2025-06-18
    #[arg(
        long,
        value_name = "auto|all|REVISION",
        default_value = "auto",
        help_heading = "Conversation"
    )]
    pub eras: String,
    /// What to list
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        default_value = "tools",
        help_heading = "Conversation"
    )]
    pub list: Vec<ListArg>,
    /// Call this tool
    #[arg(long, value_name = "TOOL", help_heading = "Conversation")]
    pub call: Option<String>,
    /// The arguments of the call, a JSON object
    #[arg(
        long,
        value_name = "JSON",
        requires = "call",
        help_heading = "Conversation"
    )]
    pub args: Option<String>,
    /// Send, too, what no well-behaved client does, to see whether it is refused
    #[arg(long, help_heading = "Conversation")]
    pub deep: bool,
    /// Seconds that the whole conversation may take (default: 30, for a command 60)
    #[arg(long, value_name = "SECONDS", help_heading = "Conversation")]
    pub timeout: Option<f64>,
    /// Measure this often; the report then has p50, p95 and max
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        value_parser = clap::value_parser!(u32).range(0..=1000),
        help_heading = "Conversation"
    )]
    pub rounds: u32,
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
    /// Output format
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: TextOrJson,
    /// Options of the output.
    #[command(flatten)]
    pub output: OutputArgs,
    /// Show only whether it works, and one line for each finding
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Show every request and answer, with a command that repeats it
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
#[command(after_help = "\
Examples:
  mcpdoc explain port-mismatch           what this finding means, and the fix
  mcpdoc explain --color always port-mismatch | less -R
      page by page

Exit status: 0 it was explained, 2 no check is called so.")]
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
#[command(after_help = "\
Examples:
  mcpdoc checks                          what is looked for, a line a check
  mcpdoc checks --format json            for programs
  mcpdoc explain port-mismatch           more about one of them

Exit status: 0 they were listed, 2 could not run.")]
pub struct ChecksArgs {
    /// Output format
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        help_heading = "Output"
    )]
    pub format: TextOrJson,
    /// Options of the output.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcpdoc completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mcpdoc completions bash > ~/.local/share/bash-completion/completions/mcpdoc
      bash, with the package bash-completion
  mcpdoc completions zsh > ~/.zfunc/_mcpdoc
      zsh, with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
  mcpdoc completions fish > ~/.config/fish/completions/mcpdoc.fish
      fish
  mcpdoc completions powershell >> $PROFILE
      PowerShell

The folders have to exist. What is completed is there in a new shell.

Exit status: 0 it was printed, 2 could not run.")]
pub struct CompletionsArgs {
    /// The shell to print it for
    pub shell: clap_complete::Shell,
}

/// `mcpdoc man`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mcpdoc man | man -l -                  read the overview
  mcpdoc man check | man -l -            read the page of a command
  mcpdoc man > ~/.local/share/man/man1/mcpdoc.1
  mcpdoc man check > ~/.local/share/man/man1/mcpdoc-check.1
      install them, so that `man mcpdoc` and `man mcpdoc-check` find them

Exit status: 0 it was printed, 2 could not run.")]
pub struct ManArgs {
    /// The command that the page is about (default: the overview)
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

/// The transport of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TransportArg {
    /// Find out which one answers
    Auto,
    /// Streamable HTTP
    Http,
    /// HTTP+SSE
    Sse,
    /// The pipes of a command
    Stdio,
}

/// What a probe lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListArg {
    /// Tools
    Tools,
    /// Resources
    Resources,
    /// Prompts
    Prompts,
}

/// Formats of a check's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON document (schema mcpdoc/1)
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// Workflow commands, which GitHub shows beside the lines
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// A comment for a pull request
    Markdown,
}

/// Formats of what has no file to point into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TextOrJson {
    /// For people
    Text,
    /// One JSON document
    Json,
}

/// What a run can be required to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Evidence {
    /// What the container engine says
    Docker,
    /// Answers of every endpoint
    Wire,
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
