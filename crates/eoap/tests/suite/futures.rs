//! Futures are compiled with the library, not with the code that awaits them.

use std::{fs, future::Future, path::Path};

use eoap::{Client, Execution, Raster};

/// A boxed future is a pointer to it and one to its functions; the state of an `async fn` would be larger.
fn is_boxed<F: Future + Send>(future: F) -> bool {
    size_of_val(&future) == 2 * size_of::<usize>()
}

#[test]
fn futures_are_boxed_and_can_be_sent() {
    let client = Client::new("http://localhost/api").expect("client");
    let (job, execution) = (client.job("1"), Execution::new());
    assert!(is_boxed(client.landing_page()) && is_boxed(client.process("p")) && is_boxed(client.processes().all()));
    assert!(is_boxed(client.execute("p", &execution)) && is_boxed(client.submit(String::from("p"), &execution)));
    assert!(is_boxed(job.results()) && is_boxed(job.output("x")) && is_boxed(job.wait().into_future()));
    assert!(is_boxed(Raster::open_file("x.tif")) && is_boxed(Raster::open_bytes(vec![0])));
}

/// `Paged::next` only polls what is boxed within.
#[test]
fn no_other_function_is_async() {
    let mut found = Vec::new();
    look(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    assert_eq!(found, ["pub async fn next(&mut self) -> Option<Result<T>> {"]);
}

fn look(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            look(&path, found);
        } else {
            let text = fs::read_to_string(&path).expect("source");
            found.extend(text.lines().map(str::trim).filter(|line| line.starts_with("pub async fn")).map(str::to_owned));
        }
    }
}
