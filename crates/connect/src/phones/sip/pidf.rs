//! A presence document (RFC 3863, RFC 4480) as this desk publishes it; pure.

use super::xml::escape;
use offhook_engine::phone::PhonePresence;

pub const CONTENT_TYPE: &str = "application/pidf+xml";

/// What RFC 4480 section 3.2 has an activity for. It knows no "do not disturb": busy says the most of it.
pub const WORDS: [PhonePresence; 5] = [
    PhonePresence::OnThePhone,
    PhonePresence::Meeting,
    PhonePresence::Busy,
    PhonePresence::Away,
    PhonePresence::Available,
];

/// `entity` is the person's own address.
pub fn write(entity: &str, word: Option<PhonePresence>, note: &str) -> String {
    let activity = match word {
        Some(PhonePresence::OnThePhone) => "<rpid:activities><rpid:on-the-phone/></rpid:activities>",
        Some(PhonePresence::Meeting) => "<rpid:activities><rpid:meeting/></rpid:activities>",
        Some(PhonePresence::Busy | PhonePresence::Dnd) => "<rpid:activities><rpid:busy/></rpid:activities>",
        Some(PhonePresence::Away | PhonePresence::ExtendedAway) => {
            "<rpid:activities><rpid:away/></rpid:activities>"
        }
        Some(PhonePresence::Available) | None => "",
    };
    let note = if note.is_empty() {
        String::new()
    } else {
        format!("<dm:note>{}</dm:note>", escape(note))
    };
    let entity = escape(entity);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
         <presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" \
         xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"{entity}\">\r\n\
         <tuple id=\"offhook\"><status><basic>open</basic></status></tuple>\r\n\
         <dm:person id=\"offhook-person\">{activity}{note}</dm:person>\r\n</presence>\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::xml;
    use super::*;

    #[test]
    fn every_word_and_any_note_make_a_document() {
        for word in WORDS {
            let text = write("sip:1@pbx", Some(word), "Back at 3, Ä & <b>");
            let root = xml::parse(text.as_bytes()).unwrap();
            assert!(root.is("urn:ietf:params:xml:ns:pidf", "presence"));
            assert_eq!(root.attribute("entity"), Some("sip:1@pbx"));
            let person = root.children.iter().find(|child| child.name == "person").unwrap();
            assert_eq!(person.child("note").unwrap().text(), "Back at 3, Ä & <b>");
            let has_activity = person.children.iter().any(|child| child.name == "activities");
            assert_eq!(has_activity, word != PhonePresence::Available, "{word:?}");
        }
    }
}
