//! The person's own `tel:` presence: one activity and one note, written together, and three of our fields in them.
//! Pure.
//!
//! Do not disturb is an activity too (facts/innovaphone.md section 6: there is no other for one person). While we have
//! set it over another activity, that one is still what the field "presence" says.

use super::config::Activities;
use super::wire::Item;
use offhook_engine::phone::{FieldValue, PhonePresence, PresenceWords};
use std::fmt;

const DND: &str = "dnd";
const ON_THE_PHONE: &str = "on-the-phone";
/// What the vendor's page lets `SetOwnPresence` write.
const DOCUMENTED: [&str; 4] = ["", "away", "busy", DND];

/// Which of our words are written there.
pub const fn words(activities: Activities, alien_calls: bool) -> PresenceWords {
    use PhonePresence::{Away, Busy, Dnd, Meeting, OnThePhone};
    match (activities, alien_calls) {
        (Activities::Any, _) => PresenceWords::of(&[Dnd, Busy, Away, Meeting, OnThePhone]),
        (Activities::Documented, true) => PresenceWords::of(&[Dnd, Busy, Away, OnThePhone]),
        (Activities::Documented, false) => PresenceWords::of(&[Dnd, Busy, Away]),
    }
}

/// What the `tel:` item says. The note as it is on the wire.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Shown {
    pub activity: String,
    pub note: String,
}

/// The note is personal.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shown({}, …)", self.activity)
    }
}

impl Shown {
    /// Whether the vendor's page lets a client write it.
    pub fn is_documented(&self) -> bool {
        DOCUMENTED.contains(&self.activity.as_str())
    }
}

#[derive(Debug, Clone, Default)]
pub struct Own {
    shown: Option<Shown>,
    /// What was there when we set do not disturb.
    under_dnd: Option<String>,
    /// The activity that we wrote for the field "presence".
    wrote: Option<String>,
    /// One that we have no word for, while ours stands in its place, with the word it goes by.
    replaced: Option<(Option<PhonePresence>, String)>,
    /// A note as somebody else wrote it, while ours stands in its place.
    note_before: Option<String>,
}

impl Own {
    /// The phone system has told; an absent item is an empty one.
    pub fn on_told(&mut self, items: &[Item]) {
        let item = items.iter().find(|item| item.contact.starts_with("tel:"));
        let shown = item.map_or_else(Shown::default, |item| Shown {
            activity: item.activity.clone(),
            note: item.note.clone(),
        });
        if shown.activity != DND {
            self.under_dnd = None;
        }
        if self.wrote.as_deref() != Some(self.base_of(&shown)) {
            self.wrote = None;
        }
        self.shown = Some(shown);
    }

    /// `None`: not told yet.
    pub const fn shown(&self) -> Option<&Shown> {
        self.shown.as_ref()
    }

    /// The activity below a do not disturb of ours.
    fn base_of<'a>(&'a self, shown: &'a Shown) -> &'a str {
        self.under_dnd.as_deref().unwrap_or(&shown.activity)
    }

    /// What is known. `in_call`: the person has a call on the phone system itself.
    pub fn values(&self, in_call: bool) -> Vec<FieldValue> {
        let Some(shown) = &self.shown else {
            return Vec::new();
        };
        vec![
            FieldValue::Dnd(self.is_dnd(shown)),
            FieldValue::Presence(self.word(self.base_of(shown), in_call)),
            FieldValue::Note(read_note(&shown.note)),
        ]
    }

    /// One that the field "presence" has set is no do not disturb beside it.
    fn is_dnd(&self, shown: &Shown) -> bool {
        shown.activity == DND && (self.under_dnd.is_some() || self.wrote.as_deref() != Some(DND))
    }

    fn word(&self, activity: &str, in_call: bool) -> Option<PhonePresence> {
        match activity {
            DND => Some(PhonePresence::Dnd),
            "busy" => Some(PhonePresence::Busy),
            "away" => Some(PhonePresence::Away),
            "meeting" => Some(PhonePresence::Meeting),
            // Without a call it is somebody else's doing, the connector's for instance, and comes from Teams.
            ON_THE_PHONE => {
                let is_known = in_call || self.wrote.as_deref() == Some(ON_THE_PHONE);
                is_known.then_some(PhonePresence::OnThePhone)
            }
            _ => None,
        }
    }

    /// How it would be with the value written, and what the phone system has to show then. `None`: nothing was told
    /// yet, or the value is none of these fields'.
    pub fn with(&self, value: &FieldValue, in_call: bool) -> Option<(Self, Shown)> {
        let shown = self.shown.as_ref()?;
        let (mut next, mut wanted) = (self.clone(), shown.clone());
        match value {
            FieldValue::Dnd(true) => {
                if !self.is_dnd(shown) {
                    next.under_dnd = Some(shown.activity.clone());
                }
                DND.clone_into(&mut wanted.activity);
            }
            FieldValue::Dnd(false) => match next.under_dnd.take() {
                Some(under) => wanted.activity = under,
                // Set by the person, or by an earlier run: what was there before is not known any more.
                None if self.is_dnd(shown) => wanted.activity.clear(),
                None => {}
            },
            FieldValue::Presence(word) => {
                let (activity, is_ours) = next.activity_for(*word, self.base_of(shown), in_call)?;
                next.wrote = is_ours.then(|| activity.clone());
                if next.under_dnd.is_some() {
                    next.under_dnd = Some(activity);
                } else {
                    wanted.activity = activity;
                }
            }
            FieldValue::Note(text) => {
                let before = next.note_before.take();
                wanted.note = match before.filter(|before| read_note(before) == *text) {
                    Some(before) => before,
                    None => write_note(text),
                };
                if written_note(&shown.note) != shown.note {
                    next.note_before = Some(shown.note.clone());
                }
            }
            FieldValue::Forward(_) => return None,
        }
        next.shown = Some(wanted.clone());
        Some((next, wanted))
    }

    /// What is written for a word. An activity without a word is kept aside while ours stands in its place, and put
    /// back when the word it went by is asked for again.
    fn activity_for(
        &mut self,
        word: Option<PhonePresence>,
        base: &str,
        in_call: bool,
    ) -> Option<(String, bool)> {
        let is_ours = self.wrote.as_deref() == Some(base);
        if !is_ours {
            let nearest = self.word(base, in_call);
            self.replaced = (plain(nearest) != Some(base)).then(|| (nearest, base.to_owned()));
        }
        if let Some((_, kept)) = self.replaced.take_if(|(nearest, _)| *nearest == word) {
            return Some((kept, false));
        }
        plain(word).map(|activity| (activity.to_owned(), true))
    }
}

/// The activity of a word. The phone system has none for `extended-away` and needs none for `available`.
const fn plain(word: Option<PhonePresence>) -> Option<&'static str> {
    match word {
        None | Some(PhonePresence::Available) => Some(""),
        Some(PhonePresence::Dnd) => Some(DND),
        Some(PhonePresence::Busy) => Some("busy"),
        Some(PhonePresence::Away) => Some("away"),
        Some(PhonePresence::Meeting) => Some("meeting"),
        Some(PhonePresence::OnThePhone) => Some(ON_THE_PHONE),
        Some(PhonePresence::ExtendedAway) => None,
    }
}

/// A single `#` begins a parameter of the calendar's app; two are one (facts/innovaphone.md section 5).
fn write_note(text: &str) -> String {
    text.replace('#', "##")
}

fn read_note(note: &str) -> String {
    note.replace("##", "#")
}

/// As we would have written it.
fn written_note(note: &str) -> String {
    write_note(&read_note(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(activity: &str, note: &str) -> Own {
        let mut own = Own::default();
        told(&mut own, activity, note);
        own
    }

    fn told(own: &mut Own, activity: &str, note: &str) {
        let item = |contact: &str, activity: &str, note: &str| Item {
            contact: contact.into(),
            activity: activity.into(),
            note: note.into(),
        };
        // Others come first when they are newer.
        own.on_told(&[item("im:", "away", "not this"), item("tel:", activity, note)]);
    }

    fn write(own: &mut Own, value: FieldValue) -> Shown {
        let (next, wanted) = own.with(&value, false).unwrap();
        *own = next;
        told(own, &wanted.activity, &wanted.note);
        assert!(own.values(false).contains(&value), "{value:?} {own:?}");
        wanted
    }

    fn presence(word: PhonePresence) -> FieldValue {
        FieldValue::Presence(Some(word))
    }

    #[test]
    fn nothing_is_known_before_it_is_told() {
        assert_eq!(Own::default().values(false), []);
        assert!(Own::default().with(&FieldValue::Dnd(true), false).is_none());
    }

    #[test]
    fn only_the_persons_own_item_counts() {
        let own = own("busy", "Back at 3");
        let values = own.values(false);
        assert!(values.contains(&presence(PhonePresence::Busy)));
        assert!(values.contains(&FieldValue::Note("Back at 3".into())));
        let mut none = Own::default();
        none.on_told(&[]);
        assert!(none.values(false).contains(&FieldValue::Presence(None)));
    }

    #[test]
    fn do_not_disturb_lies_over_the_presence_and_leaves_it() {
        let mut own = own("away", "n");
        assert_eq!(write(&mut own, FieldValue::Dnd(true)).activity, "dnd");
        assert!(own.values(false).contains(&presence(PhonePresence::Away)));
        // The presence below is changed without a word to the phone system.
        assert_eq!(write(&mut own, presence(PhonePresence::Busy)).activity, "dnd");
        assert!(own.values(false).contains(&FieldValue::Dnd(true)));
        assert_eq!(write(&mut own, FieldValue::Dnd(false)).activity, "busy");
        assert_eq!(own.shown().unwrap().note, "n");
    }

    #[test]
    fn a_presence_that_is_set_to_do_not_disturb_is_no_second_cause() {
        let mut own = own("", "");
        write(&mut own, presence(PhonePresence::Dnd));
        assert!(own.values(false).contains(&FieldValue::Dnd(false)));
        // Set by the person it is both.
        let mut own = self::own("dnd", "");
        assert!(own.values(false).contains(&FieldValue::Dnd(true)));
        assert!(own.values(false).contains(&presence(PhonePresence::Dnd)));
        assert_eq!(write(&mut own, FieldValue::Dnd(false)).activity, "");
    }

    #[test]
    fn both_at_once_end_one_by_one() {
        let mut own = own("", "");
        write(&mut own, presence(PhonePresence::Dnd));
        assert_eq!(write(&mut own, FieldValue::Dnd(true)).activity, "dnd");
        assert_eq!(write(&mut own, FieldValue::Dnd(false)).activity, "dnd");
        assert!(own.values(false).contains(&FieldValue::Dnd(false)));
        assert_eq!(write(&mut own, FieldValue::Presence(None)).activity, "");
    }

    #[test]
    fn the_person_ends_a_do_not_disturb_of_ours() {
        let mut own = own("busy", "");
        write(&mut own, FieldValue::Dnd(true));
        told(&mut own, "away", "");
        assert!(own.values(false).contains(&FieldValue::Dnd(false)));
        assert!(own.values(false).contains(&presence(PhonePresence::Away)));
    }

    #[test]
    fn an_activity_without_a_word_is_put_back_as_it_was() {
        let mut own = own("lunch", "");
        assert!(own.values(false).contains(&FieldValue::Presence(None)));
        write(&mut own, presence(PhonePresence::Busy));
        write(&mut own, presence(PhonePresence::Away));
        assert_eq!(write(&mut own, FieldValue::Presence(None)).activity, "lunch");
    }

    #[test]
    fn on_the_phone_is_ours_or_a_call_or_none_of_our_business() {
        let mut connector = own("on-the-phone", "");
        assert!(connector.values(false).contains(&FieldValue::Presence(None)));
        assert!(
            connector
                .values(true)
                .contains(&presence(PhonePresence::OnThePhone))
        );
        write(&mut connector, presence(PhonePresence::Busy));
        assert_eq!(
            write(&mut connector, FieldValue::Presence(None)).activity,
            "on-the-phone"
        );
        let mut ours = own("", "");
        write(&mut ours, presence(PhonePresence::OnThePhone));
    }

    #[test]
    fn a_hash_in_a_note_is_doubled_and_another_programs_note_comes_back_as_it_was() {
        let mut own = own("", "Lunch#until=13:00");
        assert_eq!(
            write(&mut own, FieldValue::Note("C# and ##".into())).note,
            "C## and ####"
        );
        let back = write(&mut own, FieldValue::Note("Lunch#until=13:00".into()));
        assert_eq!(back.note, "Lunch#until=13:00");
    }

    #[test]
    fn what_has_no_word_there_is_not_written() {
        let own = own("", "");
        assert!(own.with(&presence(PhonePresence::ExtendedAway), false).is_none());
        assert!(own.with(&FieldValue::Forward(None), false).is_none());
        for (activities, alien, meeting, phone) in [
            (Activities::Documented, false, false, false),
            (Activities::Documented, true, false, true),
            (Activities::Any, false, true, true),
        ] {
            let words = words(activities, alien);
            assert_eq!(words.has(PhonePresence::Meeting), meeting);
            assert_eq!(words.has(PhonePresence::OnThePhone), phone);
            assert!(words.has(PhonePresence::Dnd) && !words.has(PhonePresence::ExtendedAway));
        }
    }
}
