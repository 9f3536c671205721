//! One request, on its way through the server.

use crate::http::Request;
use crate::scenario::Fixtures;
use crate::service::Service;

/// One request to one namespace, and what it is answered with.
pub(super) struct Call<'a> {
    pub(super) fixtures: &'a Fixtures,
    pub(super) service: &'a mut Service,
    pub(super) namespace: &'a str,
    pub(super) request: &'a Request,
}
