//! Compiles one cell: what it is compiled against, and the plans that are tried.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::unfinished::{Rest, Unfinished};
use super::verdict::{Verdict, verdict};
use super::{Compilation, CompileRequest, Compiler};
use crate::Error;
use crate::artefacts::{Artefact, Outcome};
use crate::cell::{Namespace, PartKind};
use crate::compile::{self, Begun, Made, Rustc};
use crate::dep_info::DepInfo;
use crate::dependencies::Inputs;
use crate::diagnostics::{Diagnostic, Map, Place};
use crate::digest::digest;
use crate::generate::{Generate, Generated, Keeping, Plan, Showing, own_key};
use crate::items::ItemNumber;
use crate::position::position;
use crate::refusal;
use crate::state::State;
use crate::types;

/// The most plans that are tried for one cell.
const MAX_TRIES: usize = 24;

/// How far to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until rustc has checked the cell: its variables have types.
    Checked,
    /// Until there is a library.
    Made,
}

/// One cell at work.
pub(super) struct Work<'a> {
    pub(super) compiler: &'a Compiler,
    pub(super) request: CompileRequest<'a>,
    pub(super) until: Until,
    /// The state with the cell's items, before its variables.
    pub(super) state: State,
    pub(super) roots: Vec<ItemNumber>,
    pub(super) own: Vec<ItemNumber>,
    pub(super) discarded: Vec<String>,
    pub(super) lost: Vec<(String, String)>,
    pub(super) arguments: Vec<String>,
}

/// What became of one plan, or of a cell.
enum Tried {
    /// What comes of it is known.
    Decided(Artefact),
    /// rustc has checked it and makes the library.
    Checked(Box<Unfinished>),
    Next(Plan),
    TimedOut,
}

/// The types of a cell's variables.
enum Types {
    Named(Vec<(String, String)>),
    /// A later cell could not write one of them.
    Refused(Vec<Diagnostic>),
    /// This plan keeps a function as a pointer.
    Next(Plan),
}

impl<'a> Work<'a> {
    pub(super) fn new(compiler: &'a Compiler, request: CompileRequest<'a>, until: Until) -> Work<'a> {
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
        Work { compiler, request, until, state, roots, own: change.added, discarded, lost, arguments }
    }

    pub(super) fn compile(mut self) -> Result<(Compilation, Option<Unfinished>), Error> {
        if !self.request.cell.has_code() {
            return Ok((self.ready(None, &Plan::default(), Vec::new(), Inputs::default()), None));
        }
        if let Some(unbalanced) = &self.request.cell.unbalanced {
            let (line, column) = position(&self.request.cell.source, unbalanced.at);
            let place = Place { line, column, end_line: line, end_column: column + 1, ..Place::default() };
            let message = unbalanced.message.clone();
            let diagnostic = Diagnostic { message, places: vec![place], ..Diagnostic::default() };
            return Ok((Compilation::Failed(vec![diagnostic]), None));
        }
        let first = Plan { showing: self.first_showing(), ..Plan::default() };
        let key = self.key(&self.generate(&first));
        let tried = match self.compiler.artefacts.find(&key) {
            Some(artefact) => Tried::Decided(artefact),
            None => self.make(first, &key)?,
        };
        Ok(match tried {
            Tried::Decided(Artefact { outcome, library, inputs, .. }) => (self.decided(outcome, library, inputs), None),
            Tried::Checked(unfinished) => {
                let Artefact { outcome, inputs, .. } = &unfinished.artefact;
                (self.decided(outcome.clone(), unfinished.library(), inputs.clone()), Some(*unfinished))
            }
            Tried::Next(_) | Tried::TimedOut => (Compilation::TimedOut, None),
        })
    }

    fn decided(mut self, outcome: Outcome, library: Option<PathBuf>, inputs: Inputs) -> Compilation {
        match outcome {
            Outcome::Failed(diagnostics) => Compilation::Failed(self.with_reasons(diagnostics)),
            Outcome::Made { plan, types } => {
                for (number, name) in &plan.given_up {
                    self.state.items.give_up(*number, name);
                }
                self.ready(library, &plan, types, inputs)
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

    pub(super) fn generate(&self, plan: &Plan) -> Generated {
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

    /// Tries plans until rustc accepts one, or its errors are the author's.
    fn make(&mut self, first: Plan, key: &str) -> Result<Tried, Error> {
        let mut plan = first;
        for _ in 0..MAX_TRIES {
            match self.try_plan(plan, key)? {
                Tried::Next(next) => plan = next,
                decided => return Ok(decided),
            }
        }
        let message = "rustc's errors lead from one way to compile this cell to the next, and to no end".to_owned();
        self.keep_failed(key, vec![Diagnostic { message, ..Diagnostic::default() }], None)
    }

    fn try_plan(&mut self, plan: Plan, key: &str) -> Result<Tried, Error> {
        let before = self.state.items.clone();
        for (number, name) in &plan.given_up {
            self.state.items.give_up(*number, name);
        }
        let tried = self.try_generated(plan, key);
        self.state.items = before;
        tried
    }

    fn try_generated(&self, plan: Plan, key: &str) -> Result<Tried, Error> {
        let CompileRequest { deadline, token, .. } = self.request;
        let generated = self.generate(&plan);
        let folder = self.compiler.artefacts.new_folder()?;
        let path = folder.path().join(compile::SOURCE);
        std::fs::create_dir_all(folder.path().join("src")).map_err(Error::io("create", &path))?;
        std::fs::write(&path, &generated.source.text).map_err(Error::io("write", &path))?;
        let rustc = Rustc { toolchain: &self.compiler.toolchain, arguments: &self.arguments };
        let running = match rustc.library(folder.path(), deadline, token)? {
            Begun::Checked(running) => running,
            Begun::Ended(made) => return self.refused(&made, plan, &generated, key, folder.path()),
            Begun::TimedOut => return Ok(Tried::TimedOut),
        };
        let types = match self.types(&plan, &running.mir(), folder.path())? {
            Types::Named(types) => types,
            Types::Refused(diagnostics) => return self.keep_failed(key, diagnostics, Some(folder.path())),
            Types::Next(next) => return Ok(Tried::Next(next)),
        };
        let (files, variables) = self.inputs(folder.path());
        let place = folder.path().to_owned();
        let unfinished = Box::new(Unfinished {
            running,
            artefact: Artefact::made(folder, plan.clone(), types, files, variables),
            artefacts: self.compiler.artefacts.clone(),
            key: key.to_owned(),
        });
        if self.until == Until::Checked {
            return Ok(Tried::Checked(unfinished));
        }
        match unfinished.rest(deadline, token)? {
            Rest::Kept(artefact) => Ok(Tried::Decided(artefact)),
            Rest::Failed(made) => self.refused(&made, plan, &generated, key, &place),
            Rest::TimedOut => Ok(Tried::TimedOut),
        }
    }

    /// What follows from rustc's errors.
    fn refused(&self, made: &Made, plan: Plan, generated: &Generated, key: &str, folder: &Path) -> Result<Tried, Error> {
        let map = Map { source: &generated.source, cell: self.request.cell, items: &self.state.items };
        match verdict(made, &map, &plan, &generated.taken) {
            Verdict::Try(next) => Ok(Tried::Next(next)),
            // A rustc that has crashed, or could not work, may do better the next time.
            Verdict::Failed(diagnostics) if made.messages.is_empty() => {
                Ok(Tried::Decided(Artefact::failed(diagnostics, Vec::new(), Vec::new())))
            }
            Verdict::Failed(diagnostics) => self.keep_failed(key, diagnostics, Some(folder)),
        }
    }

    fn keep_failed(&self, key: &str, diagnostics: Vec<Diagnostic>, folder: Option<&Path>) -> Result<Tried, Error> {
        let (files, variables) = folder.map(|folder| self.inputs(folder)).unwrap_or_default();
        self.compiler.artefacts.keep(key, Artefact::failed(diagnostics, files, variables)).map(Tried::Decided)
    }

    /// The types of the variables that the cell keeps.
    fn types(&self, plan: &Plan, mir: &str, folder: &Path) -> Result<Types, Error> {
        let cell = self.request.cell;
        let kept = types::of_kept(mir);
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
                return Ok(Types::Next(next));
            }
            match types::unnameable(ty) {
                Some(why) => refused.push(refusal::unnameable(cell, &variable.name, &why)),
                None => named.push((variable.name.clone(), self.importable(ty))),
            }
        }
        if refused.is_empty() {
            refused = self.refuse_private(&named, folder)?;
        }
        Ok(if refused.is_empty() { Types::Named(named) } else { Types::Refused(refused) })
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
}

/// Changes when artefacts of before mean something else.
const FORMAT: &str = "2";
