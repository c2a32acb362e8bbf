//! What Exchange's schema takes for a `FindItem` request: names, namespaces, their order, and the words of attributes.

use jiff::Timestamp;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) version: String,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
    pub(super) most: usize,
}

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const M: &str = "http://schemas.microsoft.com/exchange/services/2006/messages";
const T: &str = "http://schemas.microsoft.com/exchange/services/2006/types";

const VERSIONS: [&str; 9] = [
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
];

/// Those that a view has (learn.microsoft.com, "CalendarView", and the summary properties of appointments).
const FIELDS: [&str; 14] = [
    "item:Subject",
    "item:Sensitivity",
    "item:ItemClass",
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:LegacyFreeBusyStatus",
    "calendar:Location",
    "calendar:IsCancelled",
    "calendar:IsRecurring",
    "calendar:CalendarItemType",
    "calendar:MyResponseType",
    "calendar:StartTimeZone",
    "calendar:UID",
];

/// Every element in its place, its fields checked one by one below.
const SHAPE: &[(usize, &str, &str)] = &[
    (0, SOAP, "Envelope"),
    (1, SOAP, "Header"),
    (2, T, "RequestServerVersion"),
    (1, SOAP, "Body"),
    (2, M, "FindItem"),
    (3, M, "ItemShape"),
    (4, T, "BaseShape"),
    (4, T, "AdditionalProperties"),
    (3, M, "CalendarView"),
    (3, M, "ParentFolderIds"),
    (4, T, "DistinguishedFolderId"),
];

pub(super) fn asked(body: &str) -> Result<Asked, String> {
    let mut reader = NsReader::from_str(body);
    let mut shape = SHAPE.iter();
    let mut depth = 0;
    let mut asked = Asked {
        version: String::new(),
        from: Timestamp::MIN,
        until: Timestamp::MIN,
        most: usize::MAX,
    };
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(|error| error.to_string())?;
        let (start, empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                if !text.trim().is_empty() && text.as_ref() != "IdOnly" {
                    return Err(format!("text {text:?}"));
                }
                continue;
            }
            Event::Decl(_) => continue,
            Event::Eof => break,
            other @ (Event::CData(_)
            | Event::Comment(_)
            | Event::PI(_)
            | Event::DocType(_)
            | Event::GeneralRef(_)) => return Err(format!("{other:?}")),
        };
        let name = start.local_name().into_inner().to_owned();
        let ResolveResult::Bound(namespace) = namespace else {
            return Err(format!("{name} has no namespace"));
        };
        if name == "FieldURI" {
            let field = attribute(&start, "FieldURI")?;
            if namespace.as_ref() != T || depth != 5 || !FIELDS.contains(&field.as_str()) {
                return Err(format!("a field {field}"));
            }
        } else {
            let wanted = shape.next().ok_or_else(|| format!("{name} is too much"))?;
            if (depth, namespace.as_ref(), name.as_str()) != *wanted {
                return Err(format!("{name} at {depth} instead of {wanted:?}"));
            }
            take(&name, &start, &mut asked)?;
        }
        if !empty {
            depth += 1;
        }
    }
    if shape.next().is_some() {
        return Err("something is missing".into());
    }
    if asked.until < asked.from || asked.most == 0 {
        return Err("an impossible view".into());
    }
    Ok(asked)
}

fn take(name: &str, start: &BytesStart<'_>, asked: &mut Asked) -> Result<(), String> {
    let time = |name: &str| -> Result<Timestamp, String> {
        let text = attribute(start, name)?;
        text.parse().map_err(|_| format!("{name} {text}"))
    };
    let is = |name: &str, wanted: &str| {
        let value = attribute(start, name)?;
        if value == wanted {
            Ok(())
        } else {
            Err(format!("{name} {value}"))
        }
    };
    match name {
        "RequestServerVersion" => {
            asked.version = attribute(start, "Version")?;
            if !VERSIONS.contains(&asked.version.as_str()) || asked.version.starts_with("Exchange2007") {
                return Err(format!("version {} with these fields", asked.version));
            }
        }
        "FindItem" => is("Traversal", "Shallow")?,
        "CalendarView" => {
            asked.from = time("StartDate")?;
            asked.until = time("EndDate")?;
            let most = attribute(start, "MaxEntriesReturned")?;
            asked.most = most.parse().map_err(|_| format!("MaxEntriesReturned {most}"))?;
        }
        "DistinguishedFolderId" => is("Id", "calendar")?,
        _ => {}
    }
    Ok(())
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let attribute = start
        .try_get_attribute(name)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("{name} is missing"))?;
    Ok(attribute.value.to_string())
}
