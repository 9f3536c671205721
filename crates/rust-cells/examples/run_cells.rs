//! Runs files of cells, divided by lines `// %%`, and prints what becomes of each: `cargo run --example
//! run_cells -- FILE…`

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rust_cells::dependencies::{BuildSettings, DependencySet, Libraries, Library};
use rust_cells::{CancellationToken, CellOutcome, Chain, Compiler, Error, Limits, Output, ProcessSettings, Session, Toolchain};

fn main() -> Result<(), Error> {
    let cache = std::env::var_os("CELLS_CACHE").map_or_else(|| std::env::temp_dir().join("rust-cells"), PathBuf::from);
    let toolchain = Toolchain::find()?;
    let compiler = Compiler::new(&toolchain, &cache)?;
    for file in std::env::args().skip(1) {
        println!("=== {file}");
        let text = std::fs::read_to_string(&file).map_err(|source| Error::Io { action: "read", path: (&file).into(), source })?;
        let directory = Path::new(&file).parent().unwrap_or(Path::new(".")).canonicalize().unwrap_or_else(|_| ".".into());
        run(&compiler, &cache, &directory, &text)?;
    }
    Ok(())
}

fn run(compiler: &Compiler, cache: &Path, directory: &Path, text: &str) -> Result<(), Error> {
    let settings = BuildSettings { opt_level: "0".into(), optimized: Vec::new() };
    let libraries = |set: &DependencySet| -> Result<Library, String> {
        let token = CancellationToken::default();
        let libraries = Libraries {
            toolchain: compiler.toolchain(),
            folder: &cache.join("dependencies"),
            settings: &settings,
            token: &token,
            deadline: Instant::now() + Duration::from_secs(3600),
        };
        let sets = [set.clone()];
        let prepared =
            libraries.prepare(&sets, &sets, None, &mut |event| eprintln!("{event:?}")).map_err(|error| error.to_string())?;
        prepared.libraries.get(set).cloned().unwrap_or_else(|| Err("it was not built".into()))
    };
    let environment = std::env::vars().filter(|(name, _)| ["PATH", "HOME"].contains(&name.as_str())).collect();
    let chain = Chain::new(compiler, libraries, directory, "0");
    let mut session = Session::new(
        compiler,
        chain,
        ProcessSettings { directory: directory.to_owned(), environment, ..ProcessSettings::default() },
    );
    let limits = Limits { compile: Duration::from_secs(60), run: Duration::from_secs(10) };
    for (index, cell) in text.split("// %%").skip(1).enumerate() {
        let source = cell.split_once('\n').map_or("", |(_, source)| source);
        let started = Instant::now();
        let mut emit = |output: Output| match output {
            Output::Stdout(text) => print!("{text}"),
            Output::Stderr(text) => print!("{text}"),
            other => println!("{other:?}"),
        };
        let label = format!("cell {}", index + 1);
        let executed = session.execute(source, &label, limits, &CancellationToken::default(), &mut emit)?;
        let compile = executed.compile.unwrap_or_default().as_millis();
        println!(
            "[{}] {:?} (compile {compile} ms, all {} ms)",
            index + 1,
            short(&executed.outcome),
            started.elapsed().as_millis()
        );
        for (name, why) in executed.lost {
            println!("    lost {name}: {why}");
        }
    }
    Ok(())
}

fn short(outcome: &CellOutcome) -> String {
    match outcome {
        CellOutcome::CompileErrors(diagnostics) => {
            let lines = diagnostics.iter().map(|diagnostic| {
                let place =
                    diagnostic.places.first().map(|place| format!(" at {}:{}", place.line, place.column)).unwrap_or_default();
                format!("{diagnostic}{place}; help: {:?}", diagnostic.help)
            });
            lines.collect::<Vec<_>>().join("\n")
        }
        other => format!("{other:?}"),
    }
}
