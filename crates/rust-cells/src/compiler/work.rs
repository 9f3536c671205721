//! Compiles one cell: what it is compiled against, the plans that are tried, and the states that follow.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::verdict::{Verdict, verdict};
use super::{Compilation, CompileRequest, CompiledCell, Compiler};
use crate::Error;
use crate::artefacts::{Artefact, Outcome};
use crate::cell::{Cell, Namespace, PartKind};
use crate::compile::{self, Called, Rustc};
use crate::crate_source::{Origin, position};
use crate::dep_info::DepInfo;
use crate::dependencies::Inputs;
use crate::diagnostics::{Diagnostic, Map, Place};
use crate::digest::digest;
use crate::generate::{Generate, Generated, Keeping, Plan, Showing, own_key};
use crate::items::ItemNumber;
use crate::refusal;
use crate::state::{LiveVariable, State};
use crate::types;

/// The most plans that are tried for one cell.
const MAX_TRIES: usize = 24;

/// One cell at work.
pub(super) struct Work<'a> {
    compiler: &'a Compiler,
    request: CompileRequest<'a>,
    /// The state with the cell's items, before its variables.
    state: State,
    roots: Vec<ItemNumber>,
    own: Vec<ItemNumber>,
    discarded: Vec<String>,
    lost: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// What became of one plan.
enum Tried {
    Made(Artefact),
    Next(Plan),
    TimedOut,
}

impl<'a> Work<'a> {
    pub(super) fn new(compiler: &'a Compiler, request: CompileRequest<'a>) -> Work<'a> {
        let CompileRequest { cell, label, .. } = request;
        let mut state = request.state.clone();
        let change = state.items.define(cell, &label.into());
        let mut roots = change.added.clone();
        roots.extend(state.items.that_mention(&change.renamed()).into_iter().filter(|number| !change.added.contains(number)));
        let (mut discarded, mut lost) = (Vec::new(), Vec::new());
        let mut lose = |state: &mut State, name: String, why: String| {
            if state.variables.contains_key(&name) {
                state.variables_mut().remove(&name);
                state.lost.insert(name.clone(), why.clone());
                discarded.push(name.clone());
                lost.push((name, why));
            }
        };
        let anew: BTreeSet<&String> =
            change.anew.iter().filter(|(space, _)| *space == Namespace::Type).map(|(_, name)| name).collect();
        if !anew.is_empty() {
            for (name, variable) in &*request.state.variables {
                let rests_on = request.state.items.rests_on(&crate::cell::mentions_in_text(&variable.ty));
                if let Some(ty) = anew.iter().find(|ty| rests_on.contains(**ty)) {
                    lose(&mut state, name.clone(), format!("its type rests on `{ty}`, which {label} defined anew"));
                }
            }
        }
        let declared: BTreeSet<&str> = cell.variables().iter().map(|variable| variable.name.as_str()).collect();
        // A variable hides a function of its name, and cannot hide these.
        for (_, item) in cell.items().filter(|(_, item)| ["the constant", "the static", "the type"].contains(&item.noun)) {
            for (_, name) in
                item.defines.iter().filter(|(space, name)| *space == Namespace::Value && !declared.contains(name.as_str()))
            {
                lose(&mut state, name.clone(), format!("{label} gave its name to {}", item.noun));
            }
        }
        let arguments = compiler.arguments(request.library, &state);
        Work { compiler, request, state, roots, own: change.added, discarded, lost, arguments }
    }

    pub(super) fn compile(mut self) -> Result<Compilation, Error> {
        if !self.request.cell.has_code() {
            return Ok(self.ready(None, &Plan::default(), Vec::new(), Inputs::default()));
        }
        if let Some(unbalanced) = &self.request.cell.unbalanced {
            let (line, column) = position(&self.request.cell.source, unbalanced.at);
            let place = Place { line, column, end_line: line, end_column: column + 1, ..Place::default() };
            let message = unbalanced.message.clone();
            return Ok(Compilation::Failed(vec![Diagnostic { message, places: vec![place], ..Diagnostic::default() }]));
        }
        let first = Plan { showing: self.first_showing(), ..Plan::default() };
        let generated = self.generate(&first);
        let key = self.key(&generated);
        let artefact = match self.compiler.artefacts.find(&key) {
            Some(artefact) => artefact,
            None => match self.make(first)? {
                Some(artefact) => self.compiler.artefacts.keep(&key, artefact)?,
                None => return Ok(Compilation::TimedOut),
            },
        };
        match artefact.outcome {
            Outcome::Failed(diagnostics) => Ok(Compilation::Failed(self.with_reasons(diagnostics))),
            Outcome::Made { plan, types } => {
                for (number, name) in &plan.given_up {
                    self.state.items.give_up(*number, name);
                }
                Ok(self.ready(artefact.library, &plan, types, artefact.inputs))
            }
        }
    }

    /// A digest of everything that decides the outcome: the same key means the same outcome.
    fn key(&self, generated: &Generated) -> String {
        let compiler = self.compiler;
        let parts = [
            generated.source.text.as_str(),
            &self.arguments.join("\n"),
            self.request.library.digest(),
            &compiler.toolchain.version,
            // They decide how a failure is worded, and in which order items give way.
            env!("CARGO_PKG_VERSION"),
            FORMAT,
        ];
        digest(parts.map(|part| digest(part.as_bytes())).concat().as_bytes())
    }

    fn first_showing(&self) -> Showing {
        let has_value = self.request.cell.parts.last().is_some_and(|part| matches!(part.kind, PartKind::Value));
        let own = || self.state.items.iter().any(|defined| defined.mentions.contains("evcxr_display"));
        if has_value && (self.request.library.has_display || own()) { Showing::Own } else { Showing::Format }
    }

    fn generate(&self, plan: &Plan) -> Generated {
        let CompileRequest { cell, directory, library, .. } = self.request;
        Generate {
            cell,
            state: &self.state,
            roots: &self.roots,
            own: &self.own,
            plan,
            library: library.crate_name.as_deref(),
            has_reactor: library.has_reactor,
            directory,
        }
        .write()
    }

    /// Tries plans until one makes a library or rustc's errors are the author's.
    fn make(&mut self, first: Plan) -> Result<Option<Artefact>, Error> {
        let mut plan = first;
        for _ in 0..MAX_TRIES {
            match self.try_plan(plan)? {
                Tried::Made(artefact) => return Ok(Some(artefact)),
                Tried::TimedOut => return Ok(None),
                Tried::Next(next) => plan = next,
            }
        }
        let message = "rustc's errors lead from one way to compile this cell to the next, and to no end".to_owned();
        Ok(Some(Artefact::failed(vec![Diagnostic { message, ..Diagnostic::default() }], Vec::new(), Vec::new())))
    }

    fn try_plan(&mut self, plan: Plan) -> Result<Tried, Error> {
        let before = self.state.items.clone();
        for (number, name) in &plan.given_up {
            self.state.items.give_up(*number, name);
        }
        let tried = self.try_generated(plan);
        self.state.items = before;
        tried
    }

    fn try_generated(&self, plan: Plan) -> Result<Tried, Error> {
        let CompileRequest { cell, deadline, token, .. } = self.request;
        let generated = self.generate(&plan);
        let folder = self.compiler.artefacts.new_folder()?;
        let path = folder.path().join(compile::SOURCE);
        std::fs::create_dir_all(folder.path().join("src")).map_err(Error::io("create", &path))?;
        std::fs::write(&path, &generated.source.text).map_err(Error::io("write", &path))?;
        let rustc = Rustc { toolchain: &self.compiler.toolchain, arguments: &self.arguments };
        let made = match rustc.library(folder.path(), deadline, token)? {
            Called::Ended(made) => made,
            Called::TimedOut => return Ok(Tried::TimedOut),
        };
        let map = Map { source: &generated.source, cell, items: &self.state.items };
        if !made.success {
            return Ok(match verdict(&made, &map, &plan, &generated.taken) {
                Verdict::Try(next) => Tried::Next(next),
                Verdict::Failed(diagnostics) => {
                    let (files, variables) = self.inputs(folder.path());
                    Tried::Made(Artefact::failed(diagnostics, files, variables))
                }
            });
        }
        let mir = std::fs::read_to_string(folder.path().join("cell.mir")).unwrap_or_default();
        let (files, variables) = self.inputs(folder.path());
        let kept = types::of_kept(&mir);
        let mut named = Vec::new();
        let mut refused = Vec::new();
        for variable in cell.variables() {
            if plan.keeping.get(&own_key(&variable.name)) == Some(&Keeping::Moved) {
                continue;
            }
            // rustc removes code after a panic that it foresees. A variable there is never kept.
            let Some(ty) = kept.get(&variable.name) else { continue };
            if let Some(pointer) = types::as_pointer(ty) {
                let mut next = plan.clone();
                next.pointers.insert(variable.name.clone(), self.importable(&pointer));
                return Ok(Tried::Next(next));
            }
            match types::unnameable(ty) {
                Some(why) => refused.push(refusal::unnameable(cell, &variable.name, &why)),
                None => named.push((variable.name.clone(), self.importable(ty))),
            }
        }
        if refused.is_empty() {
            refused = self.refuse_private(&named, folder.path())?;
        }
        if !refused.is_empty() {
            return Ok(Tried::Made(Artefact::failed(refused, files, variables)));
        }
        Ok(Tried::Made(Artefact::made(folder, plan, named, files, variables)))
    }

    fn inputs(&self, folder: &Path) -> (Vec<PathBuf>, Vec<String>) {
        let text = std::fs::read_to_string(folder.join("cell.d")).unwrap_or_default();
        let DepInfo { files, variables } = DepInfo::read(&text);
        let files = files.into_iter().filter(|file| file != compile::SOURCE).map(|file| folder.join(file)).collect();
        (files, variables.into_iter().collect())
    }

    fn importable(&self, ty: &str) -> String {
        let is_own = |name: &str| self.state.items.is_root_name(name) && !["std", "core", "alloc"].contains(&name);
        types::importable(ty, |name| !is_own(name) && self.request.library.is_crate(name))
    }

    /// Refuses variables with private types, or types of crates that the notebook does not depend on.
    fn refuse_private(&self, named: &[(String, String)], folder: &Path) -> Result<Vec<Diagnostic>, Error> {
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

    /// Adds to a message about a missing name what became of it.
    fn with_reasons(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for diagnostic in &mut diagnostics {
            if !["E0425", "E0423"].contains(&diagnostic.code.as_deref().unwrap_or_default()) {
                continue;
            }
            let name = diagnostic.message.split('`').nth(1).unwrap_or_default();
            if let Some(why) = self.state.lost.get(name) {
                diagnostic.help.insert(0, format!("there was a `{name}`: {why}"));
            }
        }
        diagnostics
    }

    fn ready(self, library: Option<PathBuf>, plan: &Plan, types: Vec<(String, String)>, inputs: Inputs) -> Compilation {
        let CompileRequest { cell, label, .. } = self.request;
        let generated = self.generate(plan);
        let mut state = self.state;
        for range in &cell.inner_attributes {
            state.attributes.insert(cell.source[range.clone()].to_owned());
        }
        if let Some(library) = &library {
            state.items.compiled(&self.own, library);
        }
        let mut after_failure = state.clone();
        let mut after = state;
        for name in &generated.taken {
            match plan.keeping.get(name) {
                None | Some(Keeping::Outside) => {}
                Some(keeping) => {
                    after_failure.variables_mut().remove(name);
                    after_failure
                        .lost
                        .insert(name.clone(), format!("{label} moved it into its code and did not come to its end"));
                    if *keeping == Keeping::Moved {
                        after.variables_mut().remove(name);
                        after.lost.insert(name.clone(), format!("{label} moved it away"));
                    }
                }
            }
        }
        for variable in cell.variables() {
            let ty = types.iter().find(|(name, _)| *name == variable.name).map(|(_, ty)| ty.clone());
            match ty {
                Some(ty) => {
                    after.lost.remove(&variable.name);
                    after.variables_mut().insert(variable.name.clone(), LiveVariable { ty, is_mutable: variable.is_mutable });
                }
                None => {
                    after.variables_mut().remove(&variable.name);
                    after.lost.insert(variable.name.clone(), format!("{label} moved it away"));
                }
            }
        }
        Compilation::Ready(Box::new(CompiledCell {
            library,
            lines: lines(&generated, cell, &after.items),
            providers: generated.providers,
            discarded: self.discarded,
            shows_itself: plan.showing == Showing::Own,
            lost: self.lost,
            inputs,
            after,
            after_failure,
        }))
    }
}

/// Changes when artefacts of before mean something else.
const FORMAT: &str = "2";

/// Which generated lines are which lines of which cell; the cell itself has no label.
fn lines(generated: &Generated, cell: &Cell, items: &crate::items::Items) -> Vec<(u32, u32, u32, String)> {
    let text = &generated.source.text;
    let mut lines: Vec<(u32, u32, u32, String)> = Vec::new();
    let (mut at, mut line) = (0, 1_u32);
    for (range, origin) in generated.source.pieces() {
        line += u32::try_from(text[at..range.start].matches('\n').count()).unwrap_or(0);
        at = range.start;
        let more = u32::try_from(text[range.clone()].matches('\n').count()).unwrap_or(0);
        let (source, label, from) = match origin {
            Origin::Cell(from) => (cell.source.as_str(), String::new(), *from),
            Origin::Item(number, from) => match items.get(*number) {
                Some(defined) => (&*defined.source, defined.label.to_string(), *from),
                None => continue,
            },
            _ => continue,
        };
        let first = position(source, from).0;
        match lines.last_mut() {
            // Pieces of one line, and lines that follow one another, are one stretch.
            Some(last) if last.3 == label && last.1 + 1 >= line && last.2 + (line - last.0) == first => {
                last.1 = last.1.max(line + more)
            }
            _ => lines.push((line, line + more, first, label)),
        }
    }
    lines
}
