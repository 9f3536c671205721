//! Arguments of the commands that read or write notebooks as files.

use std::path::PathBuf;

use nbsnap::config::{EngineChoice, KernelChoice};

use super::shared::{BuildArgs, LiveArgs, ReportArgs, engine};

/// `nbsnap run`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap run lab --in-place                     run lab, and write its outputs into it
  nbsnap run lab -o out.ipynb -p bands=3        with a parameter, into another file
  nbsnap run lab -o out.ipynb -f params.yaml     with the parameters of a file, over which -p and -r win
  nbsnap run lab -o out.ipynb -r 'when=Utc::now()'
                                                a parameter whose value is a Rust expression
  nbsnap run -o executed/                       every notebook, into a folder that has the project's folders in it

Parameters: a cell tagged `parameters` declares them with `let`; a cell tagged `injected-parameters` is put after it and binds
them anew, with the types that were declared. Without such a cell the new one comes first.")]
pub(crate) struct RunArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// Where to write the notebook with its outputs: a file, or a folder that is there or ends with `/`, in
    /// which each notebook has its name in the project, such as `week1/intro.ipynb`
    #[arg(short, long, value_name = "FILE", required_unless_present = "in_place", help_heading = "Output options")]
    pub(crate) output: Option<PathBuf>,

    /// Write outputs into the notebooks themselves
    #[arg(long, conflicts_with = "output", help_heading = "Output options")]
    pub(crate) in_place: bool,

    /// Give the parameter NAME a value: text as it is, everything else as in JSON
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE", help_heading = "Run options")]
    pub(crate) parameters: Vec<String>,

    /// Give the parameter NAME the value of an expression in the notebook's language
    #[arg(short = 'r', long = "raw-param", value_name = "NAME=CODE", help_heading = "Run options")]
    pub(crate) raw_parameters: Vec<String>,

    /// Read parameters from a YAML file
    #[arg(short = 'f', long, alias = "parameters_file", value_name = "FILE", help_heading = "Run options")]
    pub(crate) parameters_file: Vec<PathBuf>,

    /// Read parameters from YAML, such as `{bands: 3, name: scene}`
    #[arg(short = 'y', long, alias = "parameters_yaml", value_name = "YAML", help_heading = "Run options")]
    pub(crate) parameters_yaml: Vec<String>,

    /// Run the cells after one that failed, too; the command still fails
    #[arg(long, help_heading = "Run options")]
    pub(crate) allow_errors: bool,

    /// Where they find their servers
    #[command(flatten)]
    pub(crate) live: LiveArgs,

    /// What runs notebooks in Rust [default: as the profile says]
    #[arg(long, value_parser = engine(), env = "NBSNAP_ENGINE", help_heading = "Engine options")]
    pub(crate) engine: Option<EngineChoice>,

    /// Run notebooks with the kernel NAME, or those that name the kernel NAMED; notebooks in Rust only by
    /// name
    #[arg(
        short = 'k',
        long,
        value_name = "[NAMED=]NAME",
        value_delimiter = ',',
        env = "NBSNAP_KERNEL",
        help_heading = "Engine options"
    )]
    pub(crate) kernel: Vec<KernelChoice>,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// `nbsnap strip`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap strip                       every notebook of the project
  nbsnap strip a.ipynb b.ipynb       these files, wherever they are
  nbsnap strip --check               change nothing, and fail if there is something to take out: for CI and pre-commit

Cells tagged `keep-output` keep their outputs. Everything else in the file keeps its bytes.")]
pub(crate) struct StripArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all of the project]
    pub(crate) names: Vec<String>,

    /// Only list the notebooks that have something to take out, and fail if there are any
    #[arg(long)]
    pub(crate) check: bool,

    /// Also take out metadata about how a notebook was last run or shown: times, `collapsed`,
    /// `scrolled`, widgets' state
    #[arg(long)]
    pub(crate) metadata: bool,

    /// Also take out cells that `nbsnap run -p` has put in
    #[arg(long)]
    pub(crate) injected: bool,
}

/// `nbsnap diff`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap diff a.ipynb b.ipynb        two notebooks, source by source and output by output
  nbsnap diff before/ after/         all notebooks of two folders and those below them, by their paths in them
  nbsnap diff --outputs a.ipynb b.ipynb
                                     only what the cells produced

Outputs are compared as with snapshots: redactions, ignored JSON members and tolerances of the project hold, pictures are
compared by their pixels, counts and metadata not at all. Nothing is executed. The exit code is 100 where something differs.")]
pub(crate) struct DiffArgs {
    /// A notebook, or a folder of notebooks
    pub(crate) one: PathBuf,

    /// What to compare it with
    pub(crate) other: PathBuf,

    /// Compare only outputs
    #[arg(long, conflicts_with = "sources")]
    pub(crate) outputs: bool,

    /// Compare only sources
    #[arg(long)]
    pub(crate) sources: bool,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// `nbsnap export`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap export -o site/ --title \"My course\"
                                     a site: a start page, a menu, a search; it needs no server, only its folder
  nbsnap export lab -o lab.html      one page, which holds its pictures itself
  nbsnap export -o docs/ --format markdown
                                     for a site with a look of its own; pictures are in lab_files/
  nbsnap export -o book/ --format mdbook
                                     the sources of a book; `mdbook build book` makes it
  nbsnap export executed.ipynb -o executed.html --outputs notebook
                                     with the outputs that are in the notebook

Nothing is executed: outputs are those that are recorded in snapshots, or, where a notebook has none, its own.
Cells tagged `remove-cell`, `remove-input`, `remove-output`, `hide-cell`, `hide-input` or `hide-output` are removed or folded, as in
Jupyter Book. HTML that a cell displays is taken over as it is: export only notebooks that you trust.
Files of the project that a notebook links to are copied into files/. A link that readers cannot follow is a warning.")]
pub(crate) struct ExportArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all of the project]
    pub(crate) names: Vec<String>,

    /// Where to write: a file for one notebook, or a folder
    #[arg(short, long, value_name = "PATH", required_unless_present = "check")]
    pub(crate) output: Option<PathBuf>,

    /// What to write [default: what the file's name says, else html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ExportFormat>,

    /// Whose outputs to show
    #[arg(long, value_enum, default_value_t = OutputSource::Snapshots)]
    pub(crate) outputs: OutputSource,

    /// Write nothing; exit with 100 if an output is of an earlier version of its cell, or a link leads
    /// nowhere
    #[arg(long)]
    pub(crate) check: bool,

    /// Write a site also of one notebook: a start page, a menu, a search. Several pages of HTML are one
    /// anyway
    #[arg(long, conflicts_with = "format")]
    pub(crate) site: bool,

    /// Open the page, or the site's start page, in a browser
    #[arg(long, conflicts_with = "check")]
    pub(crate) open: bool,

    /// The title of the site or book
    #[arg(long, default_value = "Notebooks")]
    pub(crate) title: String,
}

/// What an export writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ExportFormat {
    /// Pages that hold everything they show, for light and dark
    Html,
    /// Markdown with pictures beside it
    Markdown,
    /// The sources of an mdBook
    Mdbook,
    /// The sources of a Jupyter Book (myst.yml)
    JupyterBook,
}

/// Where the outputs on a page are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum OutputSource {
    /// The snapshots; where a notebook has none, the notebook
    Snapshots,
    /// The notebook
    Notebook,
}

/// `nbsnap check`
#[derive(Debug, clap::Args)]
#[command(after_help = after_check())]
pub(crate) struct CheckArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all of the project]
    pub(crate) names: Vec<String>,

    /// Mend what can be mended without asking; everything else in the files keeps its bytes
    #[arg(long)]
    pub(crate) fix: bool,

    /// Leave a rule out; may be given more than once
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub(crate) allow: Vec<String>,

    /// Do not compile: for hooks that must be quick, or where nothing is built
    #[arg(long)]
    pub(crate) no_compile: bool,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

fn after_check() -> String {
    let mut text = String::from(
        "Examples:\n  nbsnap check                       every notebook of the project\n  \
         nbsnap check lab --fix             mend what can be mended\n  \
         nbsnap check --no-compile          without compiling: for a pre-commit hook\n  \
         nbsnap check a.ipynb --allow outputs --allow counts\n                                     a notebook that keeps its outputs\n\n\
         Cells of a project's notebooks are compiled, up to the first that does not compile; nothing is run. The exit code is 100 if something is wrong.\n\nRules (* can be mended with --fix):\n",
    );
    for (name, about, fixable) in nbsnap::lint::RULES {
        text += &format!("  {name:<18}{} {about}\n", if *fixable { '*' } else { ' ' });
    }
    text.truncate(text.trim_end().len());
    text
}

fn rule(name: &str) -> Result<String, String> {
    let rules = nbsnap::lint::RULES.iter().map(|(name, ..)| *name);
    if rules.clone().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    Err(format!("there is no such rule, but: {}", rules.collect::<Vec<_>>().join(", ")))
}
