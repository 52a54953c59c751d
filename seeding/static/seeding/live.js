/* Keeps a page about a run in progress up to date: its live parts are fetched again until the run has ended.
   A page that is live has an element with data-live (the address to ask) and data-live-seconds (how often). */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
    const live = document.querySelector("[data-live]");
    if (!live) {
        return;
    }
    const trouble = document.querySelector("[data-live-trouble]");
    const wait = 1000 * Number(live.dataset.liveSeconds);

    const show = (parts) => {
        for (const [name, html] of Object.entries(parts)) {
            const part = document.querySelector(`[data-part="${name}"]`);
            /* Where the keyboard's focus is, nothing moves under the reader's hands. */
            if (part && !part.contains(document.activeElement)) {
                part.innerHTML = html;
            }
        }
    };

    const ask = async () => {
        if (!document.hidden) {
            try {
                const answer = await fetch(live.dataset.live, { headers: { Accept: "application/json" } });
                const told = await answer.json(); /* no JSON: the server is in trouble, or has sent us to the login */
                if (!told.running) {
                    window.location.reload(); /* the page then shows how it ended, and is not live any more */
                    return;
                }
                show(told.parts);
                trouble.hidden = true;
            } catch {
                trouble.hidden = false;
            }
        }
        window.setTimeout(ask, wait);
    };

    window.setTimeout(ask, wait);
});
