//! Variables whose types no later cell can write: private types, and types of crates that the notebook does
//! not depend on.

use std::path::Path;
use std::sync::Arc;

use super::CompileRequest;
use super::work::{Until, Work};
use crate::Error;
use crate::cell::Cell;
use crate::compile::{self, Called, Rustc};
use crate::crate_source::Origin;
use crate::diagnostics::Diagnostic;
use crate::digest::digest;
use crate::generate::Plan;
use crate::refusal;
use crate::state::LiveVariable;
use crate::types;

impl Work<'_> {
    /// Refuses variables with private types, or types of crates that the notebook does not depend on.
    pub(super) fn refuse_private(&self, named: &[(String, String)], folder: &Path) -> Result<Vec<Diagnostic>, Error> {
        let doubtful = |ty: &str| types::paths(ty).iter().any(|path| !self.is_surely_public(path));
        let doubtful: Vec<&(String, String)> = named.iter().filter(|(_, ty)| doubtful(ty)).collect();
        let unknown: Vec<&&(String, String)> =
            doubtful.iter().filter(|(_, ty)| !self.compiler.artefacts.is_known_type(&self.type_key(ty))).collect();
        let mut refused = Vec::new();
        for (name, ty) in unknown {
            if self.can_be_written(ty, folder)? {
                self.compiler.artefacts.know_type(&self.type_key(ty));
            } else {
                let why = types::Unnameable::Private(ty.trim_start_matches("::").to_owned());
                refused.push(refusal::unnameable(self.request.cell, name, &why));
            }
        }
        Ok(refused)
    }

    /// Whether a path is surely public: in the standard library, or at the root of a crate that cells name.
    fn is_surely_public(&self, path: &str) -> bool {
        let is_standard = ["::std::", "::core::", "::alloc::"].iter().any(|known| path.starts_with(known));
        let mut segments = path.trim_start_matches("::").split("::");
        let of_crate = path.starts_with("::") && segments.next().is_some_and(|name| self.request.library.is_crate(name));
        is_standard || of_crate && segments.count() == 1
    }

    /// What decides whether a type can be written: the crates, and the items that it names.
    fn type_key(&self, ty: &str) -> String {
        let needed = self.state.items.needed(&crate::cell::mentions_in_text(ty), &[]);
        let items: Vec<&str> = needed.iter().map(|(_, defined)| &defined.source[defined.range.clone()]).collect();
        digest(format!("{ty}\n{}\n{}", self.arguments.join("\n"), items.join("\n")).as_bytes())
    }

    fn can_be_written(&self, ty: &str, folder: &Path) -> Result<bool, Error> {
        let cell = Cell::parse("");
        let mut state = self.state.clone();
        let variable = LiveVariable { ty: ty.to_owned(), is_mutable: false };
        state.variables = Arc::new([("tried".to_owned(), variable)].into());
        let cell = Cell { parts: Cell::parse("tried;").parts, source: "tried;".to_owned(), ..cell };
        let work = Work {
            compiler: self.compiler,
            until: Until::Checked,
            request: CompileRequest { cell: &cell, state: self.request.state, ..self.request },
            state,
            roots: Vec::new(),
            own: Vec::new(),
            discarded: Vec::new(),
            lost: Vec::new(),
            arguments: self.arguments.clone(),
        };
        let source = work.generate(&Plan::default()).source;
        let check = folder.join("check");
        std::fs::create_dir_all(check.join("src")).map_err(Error::io("create", &check))?;
        std::fs::write(check.join(compile::SOURCE), &source.text).map_err(Error::io("write", &check))?;
        let rustc = Rustc { toolchain: &self.compiler.toolchain, arguments: &self.arguments };
        let called = rustc.check(&check, self.request.deadline, self.request.token)?;
        let _ = std::fs::remove_dir_all(&check);
        let Called::Ended(made) = called else { return Ok(true) };
        let about_type = |message: &compile::Message| {
            let origin =
                |span: &compile::Span| crate::diagnostics::author_span(span).and_then(|span| source.origin(span.byte_start));
            let touches = message.spans.iter().any(|span| matches!(origin(span), Some((_, Origin::Take(_)))));
            message.level == "error"
                && touches
                && message
                    .code
                    .as_ref()
                    .is_some_and(|code| ["E0412", "E0433", "E0603", "E0425", "E0432"].contains(&code.code.as_str()))
        };
        Ok(!made.messages.iter().any(about_type))
    }
}
