// Before anything is drawn: what needs the script is there from the first moment, and nothing moves later.
document.documentElement.classList.add("scripted");
