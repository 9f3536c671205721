//! The catalogue of the scenes (STAC API 1.0: core, collections, features, item search) and their files, by
//! HTTP.
//!
//! [`Catalogue`] finds the resource of a request. Links begin with the requested host, and with `http`,
//! since the proxy cannot look into https.

use std::sync::Arc;

use bytes::Bytes;
use eoap_testbed_scenes::{Band, Scene};
use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::catalogue::Scenes;
use super::cog;
use super::item::{file, item};
use super::search::Search;
use crate::http::{Answer, Request, response, whole};

const JSON: &str = "application/json";
const GEO_JSON: &str = "application/geo+json";

/// What the catalogue conforms to.
const CONFORMS_TO: [&str; 5] = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
];

/// The servers of the scenes.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    scenes: Arc<Scenes>,
}

impl Catalogue {
    pub(crate) fn new(scenes: Arc<Scenes>) -> Self {
        Self { scenes }
    }

    /// The hosts of the catalogue and of the files.
    pub(crate) fn hosts(&self) -> [&str; 2] {
        [&self.scenes.api.host, &self.scenes.files.host]
    }

    /// The answer to a request to one of the hosts.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let path = request.url.path();
        let in_files = path.strip_prefix(self.scenes.files.path.as_str()).filter(|rest| rest.starts_with('/'));
        if let Some((scene, band)) = in_files.and_then(|path| self.file(path)) {
            return cog::answer(&self.scenes.grid_of(scene), scene, band, request);
        }
        self.document(request).map(whole)
    }

    fn file(&self, path: &str) -> Option<(&Scene, Band)> {
        let files = self.scenes.all.iter().flat_map(|scene| Band::ALL.into_iter().map(move |band| (scene, band)));
        let name = path.rsplit('/').next()?;
        // First compare only the name: paths are generated one by one.
        let mut alike = files.filter(|(scene, _)| name.starts_with(scene.id.strip_suffix("_02_T1").unwrap_or(&scene.id)));
        alike.find(|(scene, band)| file(scene, *band) == path)
    }

    fn document(&self, request: &Request) -> Response<Bytes> {
        let path = request.url.path();
        let inside = path.strip_prefix(self.scenes.api.path.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some(inside) = inside else { return refused(StatusCode::NOT_FOUND, "there is nothing at this address") };
        let segments: Vec<&str> = inside.split('/').filter(|segment| !segment.is_empty()).collect();
        let is_search = segments == ["search"];
        let is_read = matches!(request.method, Method::GET | Method::HEAD);
        let is_search = is_search && request.method == Method::POST;
        if !is_read && !is_search {
            return refused(StatusCode::METHOD_NOT_ALLOWED, "the catalogue can only be read and searched");
        }
        let api = self.api(request);
        let ours = self.scenes.collection.as_str();
        match segments.as_slice() {
            [] => found(JSON, &self.landing(&api)),
            ["conformance"] => found(JSON, &json!({"conformsTo": CONFORMS_TO})),
            ["collections"] => {
                let links = [json!({"rel": "self", "type": JSON, "href": format!("{api}/collections")}), root(&api)];
                found(JSON, &json!({"collections": [self.collection(&api)], "links": links}))
            }
            ["search"] => self.search(request, None),
            ["collections", collection, ..] if *collection != ours => {
                refused(StatusCode::NOT_FOUND, &format!("there is no collection {collection:?}; the testbed has {ours:?}"))
            }
            ["collections", _] => found(JSON, &self.collection(&api)),
            ["collections", collection, "items"] => self.search(request, Some(collection)),
            ["collections", _, "items", id] => match self.scenes.find(id) {
                Some(scene) => found(GEO_JSON, &item(&self.scenes, scene, &api, &self.files())),
                None => refused(StatusCode::NOT_FOUND, &format!("there is no item {id:?} in {ours:?}")),
            },
            _ => refused(StatusCode::NOT_FOUND, "there is nothing at this address"),
        }
    }

    /// Start of the links of the catalogue.
    fn api(&self, request: &Request) -> String {
        let port = request.url.port().map_or_else(String::new, |port| format!(":{port}"));
        format!("http://{}{port}{}", request.url.host_str().unwrap_or(&self.scenes.api.host), self.scenes.api.path)
    }

    fn files(&self) -> String {
        format!("http://{}{}", self.scenes.files.host, self.scenes.files.path)
    }

    fn landing(&self, api: &str) -> Value {
        let link =
            |rel: &str, media_type: &str, path: &str| json!({"rel": rel, "type": media_type, "href": format!("{api}{path}")});
        let mut post = link("search", GEO_JSON, "/search");
        post["method"] = "POST".into();
        json!({
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "testbed",
            "title": "Scenes of a testbed",
            "description": self.scenes.description,
            "conformsTo": CONFORMS_TO,
            "links": [
                link("self", JSON, "/"), root(api), link("data", JSON, "/collections"), link("conformance", JSON, "/conformance"),
                link("search", GEO_JSON, "/search"), post,
                link("child", JSON, &format!("/collections/{}", self.scenes.collection)),
            ],
        })
    }

    fn collection(&self, api: &str) -> Value {
        let own = format!("{api}/collections/{}", self.scenes.collection);
        let link = |rel: &str, media_type: &str, href: &str| json!({"rel": rel, "type": media_type, "href": href});
        let boxes = self.scenes.all.iter().map(|scene| self.scenes.outline(&self.scenes.grid_of(scene)).1);
        let around = boxes.reduce(|all, one| [all[0].min(one[0]), all[1].min(one[1]), all[2].max(one[2]), all[3].max(one[3])]);
        let date = |scene: Option<&Scene>| scene.map(|scene| scene.date.to_rfc3339());
        json!({
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": self.scenes.collection,
            "title": "Landsat Collection 2 Level-2, drawn",
            "description": self.scenes.description,
            "license": "proprietary",
            "extent": {
                "spatial": {"bbox": [around]},
                "temporal": {"interval": [[date(self.scenes.all.last()), date(self.scenes.all.first())]]},
            },
            "links": [
                link("self", JSON, &own), link("items", GEO_JSON, &format!("{own}/items")),
                link("parent", JSON, &format!("{api}/")), root(api),
            ],
        })
    }

    /// The items that were searched for, in one collection or in all, the newest first.
    fn search(&self, request: &Request, collection: Option<&str>) -> Response<Bytes> {
        let search = match Search::of(request) {
            Ok(search) => search,
            Err(reason) => return refused(StatusCode::BAD_REQUEST, &reason),
        };
        let api = self.api(request);
        let scenes: Vec<&Scene> = match search.wants_collection(&self.scenes.collection) {
            true => self.scenes.all.iter().collect(),
            false => Vec::new(),
        };
        let lies = |scene: &Scene| self.scenes.outline(&self.scenes.grid_of(scene)).1;
        let all: Vec<&Scene> = scenes.into_iter().filter(|scene| search.wants(scene, &lies(scene))).collect();
        let (page, next) = search.page(&all);
        let features: Vec<Value> = page.iter().map(|scene| item(&self.scenes, scene, &api, &self.files())).collect();
        let mut links = vec![root(&api)];
        links.extend(next.map(|token| next_page(request, &search, &api, collection, token)));
        let context = json!({"returned": features.len(), "limit": search.limit, "matched": all.len()});
        let returned = features.len();
        let answer = json!({
            "type": "FeatureCollection", "features": features, "links": links,
            "numberMatched": all.len(), "numberReturned": returned, "context": context,
        });
        found(GEO_JSON, &answer)
    }
}

/// The link to the next page. It has the method of this request.
fn next_page(request: &Request, search: &Search, api: &str, collection: Option<&str>, token: String) -> Value {
    let here = collection.map_or_else(|| format!("{api}/search"), |collection| format!("{api}/collections/{collection}/items"));
    let mut asked = search.asked.clone();
    asked.insert("token".to_owned(), token.into());
    if request.method == Method::POST {
        return json!({"rel": "next", "type": GEO_JSON, "method": "POST", "href": here, "body": asked});
    }
    let pairs = asked.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
    let mut url = request.url.clone();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    json!({"rel": "next", "type": GEO_JSON, "method": "GET", "href": format!("{here}?{}", url.query().unwrap_or_default())})
}

fn root(api: &str) -> Value {
    json!({"rel": "root", "type": JSON, "href": format!("{api}/")})
}

fn found(media_type: &str, document: &Value) -> Response<Bytes> {
    // Maps in notebooks and browsers may read it from elsewhere.
    response(200, [("Content-Type", media_type), ("Access-Control-Allow-Origin", "*")], document.to_string())
}

fn refused(status: StatusCode, description: &str) -> Response<Bytes> {
    let code = status.canonical_reason().unwrap_or_default().replace(' ', "");
    response(status.as_u16(), [("Content-Type", JSON)], json!({"code": code, "description": description}).to_string())
}
