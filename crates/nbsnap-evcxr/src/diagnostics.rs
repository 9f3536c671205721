//! evcxr's errors as diagnostics of the cell that its author wrote.

use evcxr::CompilationError;
use nbsnap::record::{Diagnostic, DiagnosticSpan};

/// evcxr's compilation errors for a cell. Spans outside the cell's own source are left out.
pub(crate) fn from_evcxr(errors: &[CompilationError], source: &str) -> Vec<Diagnostic> {
    let lines = source.lines().count().max(1);
    // Along with errors, evcxr returns warnings, even of earlier cells, such as an unused macro.
    let has_errors = errors.iter().any(|error| error.level() != "warning");
    errors
        .iter()
        .filter(|error| error.level() != "warning" || !has_errors)
        .map(|error| {
            let mut messages: Vec<_> = error.spanned_messages().iter().collect();
            messages.sort_by_key(|message| !message.is_primary);
            let spans = messages
                .into_iter()
                .filter_map(|message| {
                    let span = message.span.as_ref().filter(|span| span.start_line <= lines)?;
                    Some(DiagnosticSpan {
                        line: number(span.start_line),
                        column: number(span.start_column),
                        end_line: number(span.end_line),
                        end_column: number(span.end_column),
                        label: label(&message.label),
                    })
                })
                .collect();
            let mut help = error.help();
            help.extend(error.evcxr_extra_hint().map(str::to_owned));
            Diagnostic { code: error.code().map(str::to_owned), message: error.message(), spans, help }
        })
        .collect()
}

/// evcxr repeats the headline where rustc gave a place no label. Once is enough.
fn label(text: &str) -> String {
    if text.starts_with("error: ") { String::new() } else { text.to_owned() }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
