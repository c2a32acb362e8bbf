//! Sources in which every mutant lies ready and one of them is switched on when the program runs: what costs most of a
//! mutant, building, is done once for all.
//!
//! Where a mutant can change what is computed, the place is wrapped: `a == b` becomes
//! `(match (&(a), &(b)) { (l, r) => if on(7) { l != r } else { l == r } })`. A `const fn` can't ask for its switch: it
//! loses its `const` where nothing needs it. What can't be wrapped (a function that returns `impl Trait`) or does not
//! compile when it is (`Timestamp * Duration`) is left to a build of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use anyhow::{Result, anyhow};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, UnOp};

use super::list::{Kind, Mutant};

/// What the sources call to ask whether a mutant is on.
const ON: &str = "crate::mutant_switch::on";

/// The number of a mutant: its place in the list.
pub type Number = usize;

/// A file with switches in it.
#[derive(Debug, Default)]
pub struct Switched {
    pub text: String,
    /// Which mutants can be switched here.
    pub numbers: BTreeSet<Number>,
    /// Where each lies in `text`: its own words, and whatever was wrapped for it.
    places: Vec<(Range<usize>, BTreeSet<Number>)>,
}

impl Switched {
    /// Whose fault it is that the compiler refuses what stands at `span`: the smallest place that holds it.
    pub fn at_fault(&self, span: &Range<usize>) -> BTreeSet<Number> {
        self.places
            .iter()
            .filter(|(place, _)| place.start <= span.start && span.end <= place.end)
            .min_by_key(|(place, _)| place.len())
            .map(|(_, numbers)| numbers.clone())
            .unwrap_or_default()
    }
}

/// The module that the switches ask: which mutant is on is said by `OFFHOOK_MUTANT`, and then the first test that fails
/// ends the program. Without one, the numbers of all that are met are added to the file that `OFFHOOK_MUTANTS_MET` names.
pub fn module(count: usize) -> String {
    r#"
#[doc(hidden)]
pub mod mutant_switch {
    use std::io::Write as _;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};

    static CHOSEN: OnceLock<Option<usize>> = OnceLock::new();
    static MET: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];

    fn chosen() -> Option<usize> {
        let chosen = std::env::var("OFFHOOK_MUTANT").ok()?.parse().ok()?;
        std::panic::set_hook(Box::new(|_| std::process::exit(101)));
        Some(chosen)
    }

    pub fn on(number: usize) -> bool {
        let Some(chosen) = *CHOSEN.get_or_init(chosen) else {
            if !MET[number].swap(true, Ordering::Relaxed) {
                if let Some(path) = std::env::var_os("OFFHOOK_MUTANTS_MET") {
                    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
                    file.unwrap().write_all(format!("{number}\n").as_bytes()).unwrap();
                }
            }
            return false;
        };
        chosen == number
    }
}
"#
    .replace("COUNT", &count.to_string())
}

/// Puts switches for `mutants`, all of one file, into its source. Functions named in `constant` stay `const`.
///
/// # Errors
/// When the source can't be parsed.
pub fn switched(
    source: &str,
    mutants: &[(Number, &Mutant)],
    constant: &BTreeSet<String>,
) -> Result<Switched> {
    let file = syn::parse_file(source).map_err(|error| anyhow!("{error}"))?;
    let mut open: BTreeMap<(usize, usize), Vec<(Number, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in mutants {
        open.entry((mutant.span.start, mutant.span.end))
            .or_default()
            .push((*number, *mutant));
    }
    let mut places = Places {
        source,
        open,
        constant,
        wraps: Vec::new(),
        is_const: false,
    };
    places.visit_file(&file);
    Ok(assemble(source, places.wraps))
}

/// Words of a wrap; those of one mutant carry its number.
type Words = Vec<(Option<Number>, String)>;

fn plain(text: &str) -> Words {
    vec![(None, text.to_owned())]
}

/// What is put around `range`, and in place of a few bytes in it.
struct Wrap {
    range: Range<usize>,
    numbers: BTreeSet<Number>,
    before: Words,
    instead: Option<(Range<usize>, Words)>,
    after: Words,
}

struct Places<'a> {
    source: &'a str,
    /// The mutants that have no switch yet, by their span.
    open: BTreeMap<(usize, usize), Vec<(Number, &'a Mutant)>>,
    constant: &'a BTreeSet<String>,
    wraps: Vec<Wrap>,
    is_const: bool,
}

impl<'a> Places<'a> {
    fn take(&mut self, span: &Range<usize>, kind: Kind) -> Vec<(Number, &'a Mutant)> {
        if self.is_const {
            return Vec::new();
        }
        let Some(there) = self.open.get_mut(&(span.start, span.end)) else {
            return Vec::new();
        };
        let (taken, left) = std::mem::take(there)
            .into_iter()
            .partition(|(_, mutant)| mutant.kind == kind);
        *there = left;
        taken
    }

    fn function(&mut self, signature: &syn::Signature, block: &'a syn::Block) {
        let stays = self.constant.contains(&signature.ident.to_string());
        let was_const = std::mem::replace(&mut self.is_const, signature.constness.is_some() && stays);
        if let Some(word) = signature.constness.as_ref().filter(|_| !stays) {
            let word = word.span().byte_range();
            self.wraps.push(Wrap {
                range: word.clone(),
                numbers: BTreeSet::new(),
                before: Vec::new(),
                instead: Some((word, Vec::new())),
                after: Vec::new(),
            });
        }
        let returned = &self.source[signature.output.span().byte_range()];
        // Where a function returns one type that it does not name, a second one has no place.
        let ends = block.stmts.first().zip(block.stmts.last());
        if let Some((first, last)) = ends.filter(|_| !returned.contains("impl ")) {
            let span = first.span().byte_range().start..last.span().byte_range().end;
            let taken = self.take(&span, Kind::FnValue);
            let words = taken.iter().map(|(number, mutant)| {
                let value = &mutant.replacement;
                (Some(*number), format!("if {ON}({number}) {{ return {value}; }} "))
            });
            // Before whatever else begins there.
            self.wrap(span.start..usize::MAX, &taken, words.collect(), None, Vec::new());
        }
        visit::visit_block(self, block);
        self.is_const = was_const;
    }

    fn wrap(
        &mut self,
        range: Range<usize>,
        taken: &[(Number, &Mutant)],
        before: Words,
        instead: Option<(Range<usize>, Words)>,
        after: Words,
    ) {
        if !taken.is_empty() {
            self.wraps.push(Wrap {
                range,
                numbers: taken.iter().map(|(number, _)| *number).collect(),
                before,
                instead,
                after,
            });
        }
    }

    fn binary(&mut self, binary: &syn::ExprBinary) {
        let operator = binary.op.span().byte_range();
        let range = binary.span().byte_range();
        let is_lazy = matches!(binary.op, BinOp::And(_) | BinOp::Or(_));
        if is_lazy && (has_let(&binary.left) || has_let(&binary.right)) {
            return;
        }
        let taken = self.take(&operator, Kind::BinaryOperator);
        let word = &self.source[operator.clone()];
        if is_lazy {
            let Some((number, _)) = taken.first() else { return };
            let equal = if word == "&&" { "==" } else { "!=" };
            let middle = format!(") {{ __l => if __l {equal} {ON}({number}) {{ __l }} else {{ (");
            self.wrap(
                range,
                &taken[..1],
                plain("(match ("),
                Some((operator, plain(&middle))),
                plain(") } })"),
            );
            return;
        }
        let is_comparison = matches!(
            binary.op,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
        );
        let is_assignment = word.len() > 1 && word.ends_with('=') && !is_comparison;
        let (before, middle, left) = if is_comparison {
            ("(match (&(", "), &(", "__l")
        } else if is_assignment {
            ("(match (&mut (", "), (", "*__l")
        } else {
            ("(match ((", "), (", "__l")
        };
        let mut after = plain(")) { (__l, __r) => ");
        for (number, mutant) in &taken {
            let other = &mutant.replacement;
            after.push((
                Some(*number),
                format!("if {ON}({number}) {{ {left} {other} __r }} else "),
            ));
        }
        after.extend(plain(&format!("{{ {left} {word} __r }} }})")));
        self.wrap(
            range,
            &taken,
            plain(before),
            Some((operator, plain(middle))),
            after,
        );
    }

    fn unary(&mut self, unary: &syn::ExprUnary) {
        let operator = unary.op.span().byte_range();
        let taken = self.take(&operator, Kind::UnaryOperator);
        let Some((number, _)) = taken.first() else { return };
        let (instead, after) = if matches!(unary.op, UnOp::Not(_)) {
            (format!("({ON}({number}) == ("), "))".to_owned())
        } else {
            (
                "(match (".to_owned(),
                format!(") {{ __l => if {ON}({number}) {{ __l }} else {{ -__l }} }})"),
            )
        };
        self.wrap(
            unary.span().byte_range(),
            &taken[..1],
            Vec::new(),
            Some((operator, plain(&instead))),
            plain(&after),
        );
    }

    /// Those that delete it.
    fn arm(&mut self, arm: &syn::Arm) -> BTreeSet<Number> {
        let whole = arm.span().byte_range();
        let comma = self.source[whole.end..].starts_with(',');
        let mut deleted = self.take(&whole, Kind::MatchArm);
        if deleted.is_empty() && comma {
            deleted = self.take(&(whole.start..whole.end + 1), Kind::MatchArm);
        }
        let deletes = deleted.iter().map(|(number, _)| *number).collect();
        let mut stays = String::new();
        for (number, _) in &deleted {
            let _ = write!(stays, "!{ON}({number}) && ");
        }
        let Some((_, guard)) = &arm.guard else {
            let end = arm.pat.span().byte_range().end;
            let words = plain(&format!(" if {stays}true"));
            self.wrap(end..end, &deleted, words, None, Vec::new());
            return deletes;
        };
        let range = guard.span().byte_range();
        let mut taken = self.take(&range, Kind::MatchArmGuard);
        let mut before = format!("{stays}(");
        for (number, mutant) in &taken {
            let _ = match mutant.replacement.as_str() {
                "true" => write!(before, "{ON}({number}) || "),
                _ => write!(before, "!{ON}({number}) && "),
            };
        }
        before.push('(');
        taken.extend(deleted);
        self.wrap(range, &taken, plain(&before), None, plain("))"));
        deletes
    }

    fn fields(&mut self, structure: &syn::ExprStruct) {
        let Some(rest) = &structure.rest else { return };
        let path = &self.source[structure.path.span().byte_range()];
        let rest = &self.source[rest.span().byte_range()];
        let rest = if rest == "Default::default()" {
            format!("<{path}>::default()")
        } else {
            rest.to_owned()
        };
        for field in &structure.fields {
            let whole = field.span().byte_range();
            let mut taken = self.take(&whole, Kind::StructField);
            if taken.is_empty() && self.source[whole.end..].starts_with(',') {
                taken = self.take(&(whole.start..whole.end + 1), Kind::StructField);
            }
            let syn::Member::Named(name) = &field.member else {
                continue;
            };
            let Some((number, _)) = taken.first() else {
                continue;
            };
            let colon = if field.colon_token.is_some() {
                String::new()
            } else {
                format!("{name}: ")
            };
            let range = field.expr.span().byte_range();
            let before = format!("{colon}if {ON}({number}) {{ ({rest}).{name} }} else {{ ");
            self.wrap(range, &taken[..1], plain(&before), None, plain(" }"));
        }
    }
}

/// Whether it is part of a chain with `let`, which is no expression by itself.
fn has_let(expr: &Expr) -> bool {
    if let Expr::Binary(binary) = expr {
        return matches!(binary.op, BinOp::And(_)) && (has_let(&binary.left) || has_let(&binary.right));
    }
    matches!(expr, Expr::Let(_))
}

impl<'a> Visit<'a> for Places<'a> {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
    }

    fn visit_trait_item_fn(&mut self, item: &'a syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
    }

    fn visit_expr_binary(&mut self, binary: &'a syn::ExprBinary) {
        self.binary(binary);
        visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_unary(&mut self, unary: &'a syn::ExprUnary) {
        self.unary(unary);
        visit::visit_expr_unary(self, unary);
    }

    fn visit_expr_match(&mut self, expr: &'a syn::ExprMatch) {
        // Without an arm the compiler may miss a case in the whole of it.
        let numbers: BTreeSet<Number> = expr.arms.iter().flat_map(|arm| self.arm(arm)).collect();
        if !numbers.is_empty() {
            self.wraps.push(Wrap {
                range: expr.span().byte_range(),
                numbers,
                before: Vec::new(),
                instead: None,
                after: Vec::new(),
            });
        }
        visit::visit_expr_match(self, expr);
    }

    fn visit_expr_struct(&mut self, structure: &'a syn::ExprStruct) {
        self.fields(structure);
        visit::visit_expr_struct(self, structure);
    }
}

/// At one place what ends comes before what begins; of what begins the outermost comes first, of what ends the innermost.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    End { started: std::cmp::Reverse<usize> },
    Begin { ends: std::cmp::Reverse<usize> },
    Instead,
}

fn assemble(source: &str, wraps: Vec<Wrap>) -> Switched {
    let mut edits = Vec::new();
    for (index, wrap) in wraps.iter().enumerate() {
        let Range { start, end } = wrap.range;
        let begin = Rank::Begin {
            ends: std::cmp::Reverse(end),
        };
        edits.push((start, begin, index, &wrap.before, 0));
        if let Some((range, words)) = &wrap.instead {
            edits.push((range.start, Rank::Instead, index, words, range.len()));
        }
        if end < source.len() {
            let finish = Rank::End {
                started: std::cmp::Reverse(start),
            };
            edits.push((end, finish, index, &wrap.after, 0));
        }
    }
    edits.sort_by(|a, b| (a.0, &a.1, a.2).cmp(&(b.0, &b.1, b.2)));
    let mut switched = Switched::default();
    let mut extents: Vec<Option<Range<usize>>> = vec![None; wraps.len()];
    let mut done = 0;
    for (at, _, index, words, skipped) in edits {
        switched.text.push_str(&source[done..at]);
        done = at + skipped;
        let began = switched.text.len();
        for (number, text) in words {
            let from = switched.text.len();
            switched.text.push_str(text);
            if let Some(number) = number {
                let place = (from..switched.text.len(), BTreeSet::from([*number]));
                switched.places.push(place);
            }
        }
        let extent = extents[index].get_or_insert(began..began);
        extent.end = switched.text.len();
    }
    switched.text.push_str(&source[done..]);
    for (wrap, extent) in wraps.into_iter().zip(extents) {
        switched.numbers.extend(&wrap.numbers);
        if let Some(extent) = extent {
            switched.places.push((extent, wrap.numbers));
        }
    }
    switched
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Kind, Mutant, switched};

    fn mutant(source: &str, kind: Kind, replaced: &str, replacement: &str) -> Mutant {
        let start = source.find(replaced).unwrap();
        Mutant {
            kind,
            file: "lib.rs".into(),
            name: String::new(),
            span: start..start + replaced.len(),
            replacement: replacement.into(),
            key: String::new(),
        }
    }

    #[test]
    fn each_kind_has_a_switch() {
        for (source, kind, replaced, replacement, expected) in [
            (
                "fn f() -> bool { a == b }",
                Kind::BinaryOperator,
                "==",
                "!=",
                "fn f() -> bool { (match (&(a ), &( b)) { (__l, __r) => if crate::mutant_switch::on(0) { __l != __r } else { __l == __r } }) }",
            ),
            (
                "fn f() { a += b; }",
                Kind::BinaryOperator,
                "+=",
                "-=",
                "fn f() { (match (&mut (a ), ( b)) { (__l, __r) => if crate::mutant_switch::on(0) { *__l -= __r } else { *__l += __r } }); }",
            ),
            (
                "fn f() -> bool { a && b }",
                Kind::BinaryOperator,
                "&&",
                "||",
                "fn f() -> bool { (match (a ) { __l => if __l == crate::mutant_switch::on(0) { __l } else { ( b) } }) }",
            ),
            (
                "fn f() -> bool { !a }",
                Kind::UnaryOperator,
                "!",
                "",
                "fn f() -> bool { (crate::mutant_switch::on(0) == (a)) }",
            ),
            (
                "pub const fn f() -> bool { !a }",
                Kind::UnaryOperator,
                "!",
                "",
                "pub  fn f() -> bool { (crate::mutant_switch::on(0) == (a)) }",
            ),
            (
                "fn f() -> bool { a == b }",
                Kind::FnValue,
                "a == b",
                "true",
                "fn f() -> bool { if crate::mutant_switch::on(0) { return true; } a == b }",
            ),
            (
                "fn f() { match a { 1 => b, _ => c } }",
                Kind::MatchArm,
                "1 => b,",
                "",
                "fn f() { match a { 1 if !crate::mutant_switch::on(0) && true => b, _ => c } }",
            ),
            (
                "fn f() { match a { 1 if b => c, _ => d } }",
                Kind::MatchArmGuard,
                "b",
                "true",
                "fn f() { match a { 1 if (crate::mutant_switch::on(0) || (b)) => c, _ => d } }",
            ),
            (
                "fn f() { A { b: c, ..Default::default() } }",
                Kind::StructField,
                "b: c",
                "",
                "fn f() { A { b: if crate::mutant_switch::on(0) { (<A>::default()).b } else { c }, ..Default::default() } }",
            ),
        ] {
            let mutant = mutant(source, kind, replaced, replacement);
            let text = switched(source, &[(0, &mutant)], &BTreeSet::new()).unwrap();
            assert_eq!(text.text, expected);
            assert_eq!(text.numbers.len(), 1);
        }
    }

    #[test]
    fn one_switch_may_lie_in_another_and_each_answers_for_its_own_words() {
        let source = "fn f() -> bool { a + 1 == b && !c }";
        let mutants = [
            mutant(source, Kind::BinaryOperator, "+", "*"),
            mutant(source, Kind::BinaryOperator, "==", "!="),
            mutant(source, Kind::BinaryOperator, "&&", "||"),
            mutant(source, Kind::UnaryOperator, "!", ""),
            mutant(source, Kind::FnValue, "a + 1 == b && !c", "false"),
        ];
        let all: Vec<_> = mutants.iter().enumerate().collect();
        let text = switched(source, &all, &BTreeSet::new()).unwrap();
        assert!(syn::parse_file(&text.text).is_ok(), "{}", text.text);
        assert_eq!(text.numbers.len(), mutants.len());
        let product = text.text.find("__l * __r").unwrap();
        let at_fault = text.at_fault(&(product..product + 9));
        assert_eq!(at_fault.into_iter().collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn what_cannot_be_switched_is_left_to_a_build_of_its_own() {
        for (source, replaced) in [
            ("const fn f() -> bool { a == b }", "=="),
            ("fn f() { if let Some(a) = b && c { d } }", "&&"),
        ] {
            let mutant = mutant(source, Kind::BinaryOperator, replaced, "!=");
            let text = switched(source, &[(0, &mutant)], &BTreeSet::from(["f".to_owned()])).unwrap();
            assert_eq!(text.text, source);
            assert!(text.numbers.is_empty());
        }
    }
}
