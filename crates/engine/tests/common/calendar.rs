//! The person's calendar.

use super::world::World;
use offhook_engine::Input;
use offhook_engine::appointment::Appointment;
use offhook_engine::facts::CalendarLink;
use offhook_engine::fault::Fault;

/// The calendar's service.
#[derive(Debug)]
pub struct Calendar {
    pub link: CalendarLink,
    pub appointments: Vec<Appointment>,
    pub fails: Option<Fault>,
    pub silent: bool,
}

impl World {
    /// A calendar is in use from now on, and read at once.
    pub fn calendar(&mut self, appointments: Vec<Appointment>) {
        self.calendar = Some(Calendar {
            link: CalendarLink::Own,
            appointments,
            fails: None,
            silent: false,
        });
        self.input(Input::CalendarConfigured(CalendarLink::Own));
        self.after(0.0);
    }

    /// Other appointments from now on; the engine hears of them at its next reading, which comes now.
    pub fn appointments(&mut self, appointments: Vec<Appointment>) {
        self.calendar.as_mut().unwrap().appointments = appointments;
        self.after(331.0);
    }
}
