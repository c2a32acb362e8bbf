//! The menu of a tray as numbered lines, and what each number stands for.

use offhook_engine::view::tray::{Action, Entry};

/// One menu as it is shown. Numbers are never used twice while the program runs, so a click on a menu that has
/// meanwhile been replaced does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Menu {
    pub lines: Vec<Line>,
    first: usize,
    actions: Vec<Action>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Item { label: String, number: usize },
    Separator,
    Submenu { label: String, lines: Vec<Line> },
}

impl Menu {
    /// The menu whose numbers begin where those of `before` end.
    pub fn after(before: Option<&Self>, entries: &[Entry]) -> Self {
        let first = before.map_or(0, |menu| menu.first + menu.actions.len());
        let mut menu = Self {
            lines: Vec::new(),
            first,
            actions: Vec::new(),
        };
        menu.lines = menu.number(entries);
        menu
    }

    /// What a click on that line asks for; `None` for a number of another menu.
    pub fn action(&self, number: usize) -> Option<&Action> {
        self.actions.get(number.checked_sub(self.first)?)
    }

    fn number(&mut self, entries: &[Entry]) -> Vec<Line> {
        let mut lines = Vec::with_capacity(entries.len());
        for entry in entries {
            lines.push(match entry {
                Entry::Item { label, action } => {
                    self.actions.push(action.clone());
                    let number = self.first + self.actions.len() - 1;
                    Line::Item {
                        label: label.clone(),
                        number,
                    }
                }
                Entry::Separator => Line::Separator,
                Entry::Submenu { label, entries } => Line::Submenu {
                    label: label.clone(),
                    lines: self.number(entries),
                },
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use offhook_engine::view::tray::Page;
    use offhook_protocol::command::Pause;

    fn item(label: &str, action: Action) -> Entry {
        Entry::Item {
            label: label.to_owned(),
            action,
        }
    }

    fn entries() -> Vec<Entry> {
        vec![
            item("Free", Action::Open(Page::Now)),
            Entry::Separator,
            Entry::Submenu {
                label: "Pause".to_owned(),
                entries: vec![
                    item("15 minutes", Action::Pause(Pause::Minutes(15))),
                    item("1 hour", Action::Pause(Pause::Minutes(60))),
                ],
            },
            item("Quit", Action::Quit),
        ]
    }

    #[test]
    fn each_line_carries_the_number_of_its_action() {
        let menu = Menu::after(None, &entries());
        let [
            Line::Item { number: 0, .. },
            Line::Separator,
            Line::Submenu { lines, .. },
            Line::Item { label, number: 3 },
        ] = &menu.lines[..]
        else {
            panic!("{:?}", menu.lines)
        };
        assert_eq!(label, "Quit");
        assert_eq!(
            lines[1],
            Line::Item {
                label: "1 hour".to_owned(),
                number: 2
            }
        );
        assert_eq!(menu.action(0), Some(&Action::Open(Page::Now)));
        assert_eq!(menu.action(2), Some(&Action::Pause(Pause::Minutes(60))));
        assert_eq!(menu.action(3), Some(&Action::Quit));
        assert_eq!(menu.action(4), None);
    }

    #[test]
    fn a_click_on_a_replaced_menu_does_nothing() {
        let before = Menu::after(None, &entries());
        let menu = Menu::after(Some(&before), &entries());
        assert!((0..4).all(|old| menu.action(old).is_none()));
        assert_eq!(menu.action(7), Some(&Action::Quit));
        assert_eq!(menu.action(8), None);
    }

    #[test]
    fn an_empty_menu_is_a_menu() {
        let menu = Menu::after(None, &[]);
        assert!(menu.lines.is_empty() && menu.action(0).is_none());
    }
}
