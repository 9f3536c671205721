//! The OGC API server as pygeoapi answers.
//!
//! [`Pygeoapi`] words requests and answers; state is the service's.

use std::sync::Arc;

use serde_json::{Value, json};
use wiremock::{Request, ResponseTemplate};

use crate::responder::Responder;
use crate::scenario::Parts;
use crate::service::{Job, Service};

/// The pygeoapi of one testbed.
#[derive(Debug)]
pub(crate) struct Pygeoapi {
    parts: Arc<Parts>,
}

impl Pygeoapi {
    pub(crate) fn new(parts: Arc<Parts>) -> Self {
        Self { parts }
    }
}

impl Responder for Pygeoapi {
    fn respond(&self, _service: &mut Service, request: &Request) -> ResponseTemplate {
        let description = format!("the testbed does not answer {} under {}", request.url.path(), self.parts.server.root);
        ResponseTemplate::new(501)
            .set_body_json(json!({"code": "NoApplicableCode", "type": "NoApplicableCode", "description": description}))
    }

    fn notice(&self, job: &Job) -> Value {
        json!({"jobID": job.id})
    }
}
