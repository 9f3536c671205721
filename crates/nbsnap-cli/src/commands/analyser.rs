//! Finds the program that analyses code for the kernel: beside this one, or built from this one's source.

use std::path::PathBuf;

use nbsnap::EvcxrProgram;
use nbsnap::engine::Interrupt;
use nbsnap::event::Event;
use nbsnap_kernel::AnalyserProgram;
use rust_cells::CancellationToken;

/// The program `nbsnap-evcxr`.
#[derive(Debug, Default)]
pub(crate) struct Analyser(EvcxrProgram);

impl AnalyserProgram for Analyser {
    fn find(&self, token: &CancellationToken, say: &mut dyn FnMut(String)) -> Result<PathBuf, String> {
        let mut emit = |event: Event| {
            if let Event::EngineBuild { program, done, crates, .. } = event {
                say(format!("{program} is being built, which knows methods and documentation: crate {done} of {crates}"));
            }
        };
        self.0.find(&Interrupt::from(token.flag()), &mut emit).map_err(|error| error.to_string())
    }
}
