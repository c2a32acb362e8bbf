//! Whether names and addresses of two systems can belong to one person (R24).

/// Each name as its words: an address without its domain, umlauts written out, without case and order.
fn words(name: &str) -> Vec<String> {
    let local = name.split_once('@').map_or(name, |(local, _)| local);
    let plain = local
        .to_lowercase()
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue")
        .replace('ß', "ss");
    let mut words: Vec<String> = plain
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words
}

/// True also where one side has no name to compare: absent knowledge is no difference.
pub(super) fn agree<A: AsRef<str>, B: AsRef<str>>(
    ours: impl IntoIterator<Item = A>,
    theirs: impl IntoIterator<Item = B>,
) -> bool {
    let known = |names: Vec<Vec<String>>| -> Vec<Vec<String>> {
        names.into_iter().filter(|words| !words.is_empty()).collect()
    };
    let ours = known(ours.into_iter().map(|name| words(name.as_ref())).collect());
    let theirs = known(theirs.into_iter().map(|name| words(name.as_ref())).collect());
    let within = |few: &[String], many: &[String]| few.iter().all(|word| many.contains(word));
    ours.is_empty()
        || theirs.is_empty()
        || ours.iter().any(|a| {
            theirs
                .iter()
                .any(|b| within(a, b) || within(b, a) || is_short(a, b) || is_short(b, a))
        })
}

/// `amuster` or `muster.a` for Anna Muster.
fn is_short(short: &[String], full: &[String]) -> bool {
    let [first, last] = full else { return false };
    let joined = |initial: &str, name: &str| {
        initial
            .chars()
            .next()
            .is_some_and(|c| short.concat() == format!("{c}{name}") || short.concat() == format!("{name}{c}"))
    };
    joined(first, last) || joined(last, first)
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn one_person_is_recognised_in_the_ways_names_are_written() {
        let account = ["Jörg Müller", "joerg.mueller@example.com"];
        for phone in [
            "Jörg Müller",
            "Müller, Jörg",
            "joerg.mueller@pbx.local",
            "JMUELLER",
            "Mueller",
            "Jörg Müller (Büro 12)",
        ] {
            assert!(agree(account, [phone]), "{phone}");
        }
        assert!(!agree(account, ["Petra Schmidt"]));
        assert!(!agree(account, ["Petra Schmidt", "p.schmidt@example.com"]));
        assert!(agree(account, ["Petra Schmidt", "jmueller@example.com"]));
    }

    #[test]
    fn absent_names_are_no_difference() {
        assert!(agree(["", ""], ["Petra Schmidt"]));
        assert!(agree(["Jörg Müller", ""], ["2001"]));
        assert!(agree::<_, &str>(["Jörg Müller", ""], []));
    }
}
