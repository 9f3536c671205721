//! The processes that each namespace offers.
//!
//! [`Processes`] knows who may be deployed, replaced and undeployed: built-in processes never change, and the
//! scenario's own namespace starts with all of its processes, every other with the built-in ones. How a
//! package is read is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::scenario::{Fixtures, Process};

/// Why a process cannot be deployed, replaced or undeployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its id is taken.
    Duplicated,
    /// It is built in.
    Immutable,
    /// There is none with this id.
    Missing,
}

type ById = BTreeMap<String, Arc<Process>>;

/// Processes by namespace and id.
#[derive(Debug)]
pub(crate) struct Processes {
    fixtures: Arc<Fixtures>,
    namespaces: BTreeMap<String, ById>,
}

impl Processes {
    pub(super) fn new(fixtures: Arc<Fixtures>) -> Self {
        Self { fixtures, namespaces: BTreeMap::new() }
    }

    /// The processes of a namespace, in the order of their ids.
    pub(crate) fn list(&mut self, namespace: &str) -> Vec<Arc<Process>> {
        self.of(namespace).values().cloned().collect()
    }

    /// The processes of every namespace that has been used, and of the scenario's own, each with its
    /// namespace.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = (&str, &Process)> {
        let home = self.fixtures.server.namespace.clone();
        self.of(&home);
        self.namespaces.iter().flat_map(|(namespace, all)| all.values().map(move |process| (namespace.as_str(), &**process)))
    }

    pub(crate) fn find(&mut self, namespace: &str, id: &str) -> Option<Arc<Process>> {
        self.of(namespace).get(id).cloned()
    }

    pub(crate) fn deploy(&mut self, namespace: &str, process: Process) -> Result<Arc<Process>, Refusal> {
        let all = self.of(namespace);
        if all.contains_key(&process.id) {
            return Err(Refusal::Duplicated);
        }
        let process = Arc::new(process);
        all.insert(process.id.clone(), Arc::clone(&process));
        Ok(process)
    }

    /// Whether the process is there and may be replaced or undeployed.
    pub(crate) fn check_mutable(&mut self, namespace: &str, id: &str) -> Result<(), Refusal> {
        match self.of(namespace).get(id) {
            None => Err(Refusal::Missing),
            Some(process) if !process.is_mutable() => Err(Refusal::Immutable),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn replace(&mut self, namespace: &str, process: Process) -> Result<(), Refusal> {
        self.check_mutable(namespace, &process.id)?;
        self.of(namespace).insert(process.id.clone(), Arc::new(process));
        Ok(())
    }

    pub(crate) fn undeploy(&mut self, namespace: &str, id: &str) -> Result<(), Refusal> {
        self.check_mutable(namespace, id)?;
        self.of(namespace).remove(id);
        Ok(())
    }

    /// A namespace comes into being by being used.
    fn of(&mut self, namespace: &str) -> &mut ById {
        let fixtures = &self.fixtures;
        self.namespaces.entry(namespace.to_owned()).or_insert_with(|| {
            let is_home = namespace == fixtures.server.namespace;
            let offered = fixtures.processes.iter().filter(|process| is_home || !process.is_mutable());
            offered.map(|process| (process.id.clone(), Arc::clone(process))).collect()
        })
    }
}
