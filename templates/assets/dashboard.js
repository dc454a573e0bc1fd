// Comfort for who has scripts: lists are searched as one types, the preview follows, codes are copied by a button.
// Everything works without it.
(() => {
  "use strict";

  const later = (act) => {
    let timer;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(act, 250);
    };
  };

  // Lists: what the same address answers takes the place of what is shown.
  for (const form of document.querySelectorAll("form[role=search]")) {
    let asked = 0;
    const search = async () => {
      const number = (asked += 1);
      const address = `${form.action.split("?")[0]}?${new URLSearchParams(new FormData(form))}`;
      const answer = await fetch(address, { credentials: "same-origin" });
      if (!answer.ok || number !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [found, shown] = [page, document].map((it) => it.getElementById("found"));
      if (!found || !shown || number !== asked) return;
      shown.replaceChildren(...found.childNodes);
      history.replaceState(null, "", address);
    };
    for (const field of form.querySelectorAll("input[type=search]")) {
      const act = later(() => search().catch(() => {}));
      for (const event of ["input", "change"]) field.addEventListener(event, act);
    }
  }

  // The preview of branding.
  const button = document.getElementById("preview-button");
  if (button) {
    button.form.addEventListener("input", later(() => button.form.requestSubmit(button)));
  }

  // Texts to be pasted elsewhere.
  for (const code of document.querySelectorAll(".copied")) {
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "quiet copy";
    copy.textContent = "Copy";
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    });
    if (navigator.clipboard) code.after(copy);
  }
})();
