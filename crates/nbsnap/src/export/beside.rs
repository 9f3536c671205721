//! What the Markdown and the outputs of a notebook refer to beside it: pictures, which a page has in itself,
//! and all else that links lead to.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use super::addresses::{self, Use};
use super::forms::mime_of;
use super::links::{Finder, Lead, Link};
use super::page::{Data, Output};

/// Larger files are no pictures for a page.
const MAX_PICTURE: u64 = 32 << 20;

/// What one cell refers to.
#[derive(Debug, Default)]
pub(super) struct Beside {
    /// The pictures that it shows, by their addresses as it writes them, each with its MIME type and a
    /// name of its own.
    pub(super) pictures: BTreeMap<String, Data>,
    /// All else.
    pub(super) links: Vec<Link>,
}

/// What a cell in Markdown refers to.
pub(super) fn of_markdown(cell: &str, markdown: &str, finder: &Finder) -> Beside {
    let mut beside = Beside::default();
    addresses::in_markdown(markdown, &mut |kind, address| {
        let lead = finder.lead(address)?;
        let picture = match (kind, &lead) {
            (Use::Picture, Lead::File(taken)) => picture(address, &taken.from),
            _ => None,
        };
        match picture {
            Some(picture) => drop(beside.pictures.insert(address.to_owned(), picture)),
            None => beside.links.push(Link { cell: cell.to_owned(), address: address.to_owned(), lead }),
        }
        None
    });
    beside
}

/// The files and notebooks that outputs of a cell link to. The names within an output are its own.
pub(super) fn of_outputs(cell: &str, outputs: &[Output], finder: &Finder) -> Vec<Link> {
    let mut links = Vec::new();
    let mut find = |_: Use, address: &str| {
        let lead = finder.lead(address).filter(|lead| !matches!(lead, Lead::Here(_)))?;
        links.push(Link { cell: cell.to_owned(), address: address.to_owned(), lead });
        None
    };
    let displays = outputs.iter().filter_map(|output| if let Output::Display(data) = output { Some(data) } else { None });
    for (mime, content) in displays.flatten() {
        match (mime.as_str(), content) {
            ("text/html", Data::Text(html)) => drop(addresses::in_html(html, &mut find)),
            ("text/markdown", Data::Text(text)) => drop(addresses::in_markdown(text, &mut find)),
            _ => {}
        }
    }
    links
}

fn picture(address: &str, file: &Path) -> Option<Data> {
    let mime = mime_of(file.extension()?.to_str()?)?;
    std::fs::metadata(file).ok().filter(|metadata| metadata.len() <= MAX_PICTURE)?;
    let path = super::links::path_in(address);
    let names = Path::new(&path).components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let name = names.collect::<Vec<_>>().join("-");
    Some(Data::Binary(format!("{mime};{name}"), std::fs::read(file).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::links::Dead;

    #[test]
    fn pictures_beside_a_notebook_are_taken_along() {
        let world = tempfile::tempdir().unwrap();
        let lesson = world.path().join("lesson");
        std::fs::create_dir_all(world.path().join("my img")).unwrap();
        std::fs::create_dir(&lesson).unwrap();
        std::fs::write(world.path().join("my img/logo.svg"), "<svg/>").unwrap();
        std::fs::write(lesson.join("a.PNG"), "png").unwrap();
        std::fs::write(lesson.join("notes.txt"), "no picture").unwrap();
        let markdown =
            "![l](../my%20img/logo.svg)\n<img width=3 src=\"a.PNG\">\n![m](gone.png) ![n](https://x.org/n.png) ![s](notes.txt)";
        let finder = Finder::new(&lesson.join("one.ipynb"), Some(world.path()));
        let Beside { pictures, links } = of_markdown("a", markdown, &finder);
        let binary = |name: &str, content: &str| Data::Binary(name.into(), content.into());
        let expected = [
            ("../my%20img/logo.svg".to_owned(), binary("image/svg+xml;my img-logo.svg", "<svg/>")),
            ("a.PNG".to_owned(), binary("image/png;a.PNG", "png")),
        ];
        assert_eq!(pictures, BTreeMap::from(expected));
        let addresses: Vec<&str> = links.iter().map(|link| link.address.as_str()).collect();
        assert_eq!((addresses, &links[0].lead), (vec!["gone.png", "notes.txt"], &Lead::Nowhere(Dead::Missing)));
    }
}
