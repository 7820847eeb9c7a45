// Browsers start no workers for pages that are opened from a file. There, the search runs in a hidden frame instead.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const url = new URL(address, location.href).href;
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.ready = new Promise((resolve) => this.frame.addEventListener("load", resolve, { once: true }));
      // What the script posts, it posts to its own window: from there it is passed on, and not heard by itself.
      this.frame.srcdoc = `<script>
        const passOn = (data) => parent.postMessage({ worker: ${JSON.stringify(url)}, data }, "*");
        postMessage = passOn;
        importScripts = (...addresses) => Promise.all(addresses.map((address) => new Promise((loaded, failed) => {
          const script = document.createElement("script");
          Object.assign(script, { src: new URL(address, ${JSON.stringify(url)}), onload: loaded, onerror: failed });
          document.body.append(script);
        })));
      </script><body><script src=${JSON.stringify(url)}></script></body>`;
      window.addEventListener("message", ({ source, data }) => {
        if (source === this.frame.contentWindow) {
          const message = new MessageEvent("message", { data: data.data });
          this.dispatchEvent(message);
          this.onmessage?.(message);
        }
      });
      const attach = () => document.body.append(this.frame);
      document.body ? attach() : addEventListener("DOMContentLoaded", attach);
    }

    postMessage(data) {
      this.ready.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
