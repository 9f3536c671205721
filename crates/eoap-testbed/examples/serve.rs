//! Serves a scenario until its standard input ends, and says what to export to reach it: for trying a client by hand.
//!
//! ```sh
//! cargo run --example serve -- crates/eoap-testbed/scenarios/water-bodies
//! ```

#![expect(clippy::print_stdout, reason = "what it prints is for a person's shell")]

use std::io::Read;
use std::path::PathBuf;

use eoap_testbed::{Scenario, Testbed};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("which scenario folder?")?;
    let scenario = Scenario::load(&folder)?;
    let testbed = Testbed::start(&scenario)?;
    for (name, value) in testbed.environment() {
        println!("export {name}='{value}'");
    }
    println!("# round the proxy: {} and {}", testbed.ogc_url(), testbed.s3_url());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    for host in testbed.refused_hosts() {
        println!("# refused: {host}");
    }
    Ok(())
}
