//! Lists the processes of a server, runs one as a job, and shows what came out.
//!
//! ```sh
//! cargo run --example run_a_process -- http://zoo-project-dru-service/acme/ogc-api water-bodies
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Client, Execution};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let client = Client::new(arguments.next().ok_or("which server?")?)?;
    println!("{}", client.processes().all().await?);
    let Some(process) = arguments.next() else { return Ok(()) };

    let execution = Execution::new()
        .input("aoi", "-121.399,39.834,-120.74,40.472")
        .input("epsg", "EPSG:4326")
        .input("bands", ["green", "nir08"]);
    client.process(&process).await?.validate(&execution)?;
    let job = client.execute(&process, execution).await?;
    job.wait().on_status(|status| println!("{status}")).await?;
    println!("{:#}", job.results().await?);
    Ok(())
}
