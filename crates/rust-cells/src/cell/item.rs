//! An item of a cell: its names, what pulls it into a crate, and which of its parts must exist once.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasAttrs, HasName, HasVisibility};
use regex::Regex;

use super::mentions;

/// Where Rust looks a name up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Namespace {
    /// Types, traits, modules, crates.
    Type,
    /// Functions, constants, statics, constructors.
    Value,
    /// Macros.
    Macro,
}

/// An item. Ranges are in bytes of the cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is, as in "the function `area`".
    pub noun: &'static str,
    /// The names that it defines.
    pub defines: BTreeSet<(Namespace, String)>,
    /// Other names whose mention pulls it in, such as the members of a trait.
    pub brought_by: BTreeSet<String>,
    /// For an `impl`: the names of what it is for. They pull it in.
    pub is_for: Option<BTreeSet<String>>,
    /// Whether it is always in scope. Imports are, since they may bring traits.
    pub always: bool,
    /// Whether it is a macro, which must come before its uses.
    pub is_macro: bool,
    /// For an import: its leaves, so that one of them can be given up.
    pub imports: Vec<Import>,
    /// Statics in it, at any depth.
    pub statics: Vec<StaticPlace>,
    /// What it defines by `thread_local!`.
    pub thread_locals: Vec<ThreadLocal>,
    /// Where the attributes and the visibility end: generated attributes go here.
    pub body_from: usize,
}

/// One name that a `use` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The whole path, such as `std::fmt::Write`.
    pub path: String,
    /// What it is called here. `None` for a glob and for `as _`.
    pub name: Option<String>,
}

/// A static that must exist once for all cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticPlace {
    /// All of it, attributes included.
    pub range: Range<usize>,
    /// From its visibility, or `static`, to its end.
    pub from: usize,
    /// Its declaration without its value: `pub static X: T`.
    pub declaration: String,
    /// Its name.
    pub name: String,
    /// Whether it is `static mut`.
    pub is_mutable: bool,
}

/// A static of `thread_local!`, which must exist once for all cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadLocal {
    /// Its name.
    pub name: String,
    /// The type of its value.
    pub ty: String,
    /// Its visibility, with a blank after it if there is one.
    pub visibility: String,
}

impl ThreadLocal {
    /// Code behind its definition, so that the libraries of other cells find it by this symbol.
    pub(crate) fn exported(&self, symbol: &str) -> String {
        let (ThreadLocal { name, ty, .. }, own) = (self, symbol.to_uppercase());
        format!(" #[unsafe(export_name = {symbol:?})] static {own}: &::std::thread::LocalKey<{ty}> = &{name};")
    }

    /// Code in place of its definition, in the libraries of other cells.
    pub(crate) fn imported(&self, symbol: &str) -> String {
        let ThreadLocal { name, ty, visibility } = self;
        let declaration = format!("{visibility}safe static {name}: &'static ::std::thread::LocalKey<{ty}>;");
        format!("unsafe extern \"Rust\" {{ #[link_name = {symbol:?}] {declaration} }}")
    }
}

/// Reads a node as an item, if it is one.
pub(super) fn read(node: &SyntaxNode, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> Option<Item> {
    if let Some(call) = macro_call(node) {
        return items_of_macro(&call, place);
    }
    let item = ast::Item::cast(node.clone())?;
    let mut read = Item {
        noun: "the item",
        defines: BTreeSet::new(),
        brought_by: BTreeSet::new(),
        is_for: None,
        always: false,
        is_macro: false,
        imports: Vec::new(),
        statics: statics(node, place),
        thread_locals: Vec::new(),
        body_from: place(node).start,
    };
    let (noun, namespaces, name) = definition(&item);
    read.noun = noun;
    let name = name.map(|name| mentions::plain(name.text()).to_owned()).filter(|name| name != "_");
    read.defines.extend(name.into_iter().flat_map(|name| namespaces.iter().map(move |space| (*space, name.clone()))));
    match &item {
        ast::Item::Trait(item) => {
            let members = item.assoc_item_list().into_iter().flat_map(|list| list.assoc_items());
            read.brought_by = members.filter_map(member).collect();
        }
        ast::Item::ExternBlock(block) => {
            let members = block.extern_item_list().into_iter().flat_map(|list| list.syntax().children().collect::<Vec<_>>());
            read.brought_by =
                members.filter_map(|node| Some(node.children().find_map(ast::Name::cast)?.text().to_string())).collect();
        }
        ast::Item::ExternCrate(_) => read.always = true,
        ast::Item::Use(item) => {
            read.always = true;
            read.imports = imports(item);
            let names = read.imports.iter().filter_map(|import| import.name.clone());
            read.defines = names.map(|name| (Namespace::Type, name)).collect();
        }
        ast::Item::Impl(item) => {
            let list = item.assoc_item_list().map(|list| list.syntax().clone());
            let header = node.children().filter(|child| Some(child) != list.as_ref() && !ast::Attr::can_cast(child.kind()));
            read.is_for = Some(header.flat_map(|child| mentions::of(&child)).collect());
        }
        ast::Item::MacroRules(_) | ast::Item::MacroDef(_) => read.is_macro = true,
        _ => {}
    }
    Some(read)
}

/// What an item is called in messages, and the name that it defines, with the namespaces of that name.
fn definition(item: &ast::Item) -> (&'static str, &'static [Namespace], Option<ast::Name>) {
    use Namespace::{Macro, Type, Value};
    match item {
        ast::Item::Fn(item) => ("the function", &[Value], item.name()),
        ast::Item::Struct(item) => match item.kind() {
            ast::StructKind::Record(_) => ("the type", &[Type], item.name()),
            // Its constructor is a value.
            _ => ("the type", &[Type, Value], item.name()),
        },
        ast::Item::Enum(item) => ("the type", &[Type], item.name()),
        ast::Item::Union(item) => ("the type", &[Type], item.name()),
        ast::Item::TypeAlias(item) => ("the type", &[Type], item.name()),
        ast::Item::Trait(item) => ("the trait", &[Type], item.name()),
        ast::Item::Module(item) => ("the module", &[Type], item.name()),
        ast::Item::Const(item) => ("the constant", &[Value], item.name()),
        ast::Item::Static(item) => ("the static", &[Value], item.name()),
        ast::Item::MacroRules(item) => ("the macro", &[Macro], item.name()),
        ast::Item::MacroDef(item) => ("the macro", &[Macro], item.name()),
        ast::Item::ExternCrate(item) => ("the crate", &[Type], item.rename().and_then(|rename| rename.name())),
        ast::Item::ExternBlock(_) => ("the foreign functions", &[], None),
        ast::Item::Impl(_) => ("the implementation", &[], None),
        ast::Item::Use(_) => ("the import", &[], None),
        _ => ("the item", &[], None),
    }
}

/// What a member of a trait is called.
fn member(item: ast::AssocItem) -> Option<String> {
    let name = match item {
        ast::AssocItem::Const(item) => item.name(),
        ast::AssocItem::Fn(item) => item.name(),
        ast::AssocItem::TypeAlias(item) => item.name(),
        ast::AssocItem::MacroCall(_) => None,
    };
    name.map(|name| mentions::plain(name.text()).to_owned())
}

/// The call if the node is just a macro call.
fn macro_call(node: &SyntaxNode) -> Option<ast::MacroCall> {
    let statement = ast::ExprStmt::cast(node.clone()).and_then(|statement| statement.expr());
    let expression = statement.or_else(|| ast::Expr::cast(node.clone()));
    match expression {
        Some(ast::Expr::MacroExpr(expression)) => expression.macro_call(),
        Some(_) => None,
        None => ast::MacroCall::cast(node.clone()),
    }
}

/// The well-known macros that make items. Any other call is a statement.
fn items_of_macro(call: &ast::MacroCall, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> Option<Item> {
    static DEFINED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(struct|enum|union|trait|type|mod|fn|const|static(?: +ref)?(?: +mut)?) +(?:r#)?(\w+)")
            .expect("the pattern is a constant")
    });
    let path = call.path()?.syntax().text().to_string();
    let name = path.rsplit("::").next().unwrap_or_default().trim();
    if !["thread_local", "lazy_static", "bitflags", "cfg_if", "quick_error", "error_chain"].contains(&name) {
        return None;
    }
    let text = call.token_tree()?.syntax().text().to_string();
    let define = |captures: regex::Captures<'_>| {
        let spaces: &[Namespace] = match &captures[1] {
            "struct" => &[Namespace::Type, Namespace::Value],
            "enum" | "union" | "trait" | "type" | "mod" => &[Namespace::Type],
            _ => &[Namespace::Value],
        };
        spaces.iter().map(|space| (*space, captures[2].to_owned())).collect::<Vec<_>>()
    };
    let defines = DEFINED.captures_iter(&text).flat_map(define).collect();
    let body_from = place(call.syntax()).start;
    Some(Item {
        noun: "the items of the macro",
        defines,
        brought_by: BTreeSet::new(),
        is_for: None,
        always: false,
        is_macro: false,
        imports: Vec::new(),
        statics: Vec::new(),
        thread_locals: if name == "thread_local" { thread_locals(&text) } else { Vec::new() },
        body_from,
    })
}

/// The statics between the brackets of `thread_local!`.
fn thread_locals(tokens: &str) -> Vec<ThreadLocal> {
    // The last one needs no semicolon.
    let inner = tokens.get(1..tokens.len().saturating_sub(1)).unwrap_or_default().to_owned() + ";";
    let parsed = ra_ap_syntax::SourceFile::parse(&inner, ra_ap_syntax::Edition::Edition2024);
    let of = |item: ast::Static| {
        let visibility = item.visibility().map(|visibility| visibility.syntax().text().to_string() + " ").unwrap_or_default();
        let ty = item.ty()?.syntax().text().to_string().replace('\n', " ");
        Some(ThreadLocal { name: item.name()?.text().to_string(), ty, visibility })
    };
    parsed.syntax_node().children().filter_map(ast::Static::cast).filter_map(of).collect()
}

/// Statics at any depth that may change, and whose value every cell must see.
fn statics(node: &SyntaxNode, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> Vec<StaticPlace> {
    let of = |item: ast::Static| {
        let (name, ty) = (item.name()?, item.ty()?);
        let attributes: Vec<String> = item.attrs().map(|attribute| attribute.syntax().text().to_string()).collect();
        let has_own_symbol = ["no_mangle", "export_name", "link_section"];
        if attributes.iter().any(|attribute| has_own_symbol.iter().any(|own| attribute.contains(own))) {
            return None;
        }
        let is_mutable = item.mut_token().is_some();
        let ty = ty.syntax().text().to_string();
        let foreign = item.syntax().parent().is_some_and(|parent| ast::ExternItemList::can_cast(parent.kind()));
        if foreign || !is_mutable && never_changes(&ty) {
            return None;
        }
        let visibility = item.visibility().map(|visibility| visibility.syntax().text().to_string() + " ").unwrap_or_default();
        let range = place(item.syntax());
        let first = item.visibility().map(|visibility| place(visibility.syntax()).start);
        let keyword = item.static_token()?.text_range().start();
        let keyword = range.start + usize::from(keyword - item.syntax().text_range().start());
        let safety = if is_mutable { "static mut" } else { "safe static" };
        Some(StaticPlace {
            range,
            from: first.unwrap_or(keyword),
            declaration: format!("{visibility}{safety} {}: {ty};", name.text()).replace('\n', " "),
            name: mentions::plain(name.text()).to_owned(),
            is_mutable,
        })
    };
    node.descendants().filter_map(ast::Static::cast).filter_map(of).collect()
}

/// Whether a static of this type never changes, so that copies of it are indistinguishable.
fn never_changes(ty: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"'?\w+").expect("the pattern is a constant"));
    const PLAIN: &[&str] = &[
        "str", "'static", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        "f32", "f64",
    ];
    WORD.find_iter(ty).all(|word| PLAIN.contains(&word.as_str()) || word.as_str().starts_with(|c: char| c.is_ascii_digit()))
}

/// The leaves of a `use`.
fn imports(item: &ast::Use) -> Vec<Import> {
    let mut leaves = Vec::new();
    if let Some(tree) = item.use_tree() {
        walk(&tree, "", &mut leaves);
    }
    leaves
}

fn walk(tree: &ast::UseTree, prefix: &str, leaves: &mut Vec<Import>) {
    let own = tree.path().map(|path| path.syntax().text().to_string()).unwrap_or_default();
    let starts_anywhere = prefix.is_empty() && tree.coloncolon_token().is_some() && tree.path().is_none();
    let path = match (prefix, own.as_str()) {
        ("", own) if starts_anywhere => format!("::{own}"),
        ("", own) => own.to_owned(),
        (prefix, "") => prefix.to_owned(),
        (prefix, own) => format!("{prefix}::{own}"),
    };
    if let Some(list) = tree.use_tree_list() {
        list.use_trees().for_each(|tree| walk(&tree, &path, leaves));
    } else if tree.star_token().is_some() {
        leaves.push(Import { path: format!("{path}::*"), name: None });
    } else {
        let rename = tree.rename();
        let renamed = rename.as_ref().and_then(|rename| rename.name()).map(|name| mentions::plain(name.text()).to_owned());
        let own = match own.as_str() {
            "self" => prefix.rsplit("::").next().unwrap_or_default().to_owned(),
            own => own.rsplit("::").next().unwrap_or_default().to_owned(),
        };
        let path = path.strip_suffix("::self").map_or(path.clone(), str::to_owned);
        let name = if rename.is_some() { renamed } else { Some(mentions::plain(&own).to_owned()) };
        leaves.push(Import { path, name: name.filter(|name| name != "_") });
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cell;

    fn names(source: &str) -> Vec<String> {
        Cell::parse(source).items().flat_map(|(_, item)| item.imports.iter().filter_map(|import| import.name.clone())).collect()
    }

    #[test]
    fn imports_are_named_as_they_are_called() {
        assert_eq!(names("use a::{self, b as c, d::{e, f::*}, g as _}; use h;"), ["a", "c", "e", "h"]);
        let cell = Cell::parse("use a::{self as z, d::{e, f::*}};");
        let paths: Vec<String> = cell.items().flat_map(|(_, item)| item.imports.iter().map(|i| i.path.clone())).collect();
        assert_eq!(paths, ["a", "a::d::e", "a::d::f::*"]);
    }

    #[test]
    fn an_implementation_is_for_what_its_header_names() {
        let cell = Cell::parse("impl<T: Shape> Describe for Held<T> { fn describe(&self) -> Text { other() } }");
        let (_, item) = cell.items().next().unwrap();
        let names: Vec<&str> = item.is_for.as_ref().unwrap().iter().map(String::as_str).collect();
        assert_eq!(names, ["Describe", "Held", "Shape", "T"]);
    }

    #[test]
    fn thread_locals_are_found_with_their_types() {
        let cell = Cell::parse(
            "thread_local! {\n    /// How deep.\n    pub static DEPTH: Cell<u32> = const { Cell::new(1) };\n    \
             static NEXT: RefCell<Box<dyn Iterator<Item = u8>>> = RefCell::new(Box::new(0..3))\n}",
        );
        let found: Vec<_> = cell.items().flat_map(|(_, item)| item.thread_locals.clone()).collect();
        let names: Vec<&str> = found.iter().map(|local| local.name.as_str()).collect();
        assert_eq!(names, ["DEPTH", "NEXT"]);
        assert_eq!((found[0].visibility.as_str(), found[0].ty.as_str()), ("pub ", "Cell<u32>"));
        assert_eq!(found[1].ty, "RefCell<Box<dyn Iterator<Item = u8>>>");
    }

    #[test]
    fn statics_that_change_are_found_at_any_depth() {
        let cell = Cell::parse(
            "static NAME: &str = \"x\";\nfn next() -> u32 { #[allow(unused)] static N: AtomicU32 = AtomicU32::new(0); 1 }",
        );
        let found: Vec<_> = cell.items().flat_map(|(_, item)| item.statics.clone()).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].declaration, "safe static N: AtomicU32;");
        assert!(cell.source[found[0].from..].starts_with("static N"));
    }
}
