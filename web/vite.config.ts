import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { type HttpProxy } from "vite";
import { defineConfig } from "vitest/config";

// `npm run dev` shows the working tree against a running `scripts/start`.
const backend = process.env.OPENSYNC_URL ?? "http://127.0.0.1:8080";
const proxied = ["/api", "/_/", "/docs", "/openapi.json", "/health"];

/** Otherwise an event stream whose server died stays open to the browser, which then notices nothing. */
function endTogether(proxy: HttpProxy.ProxyServer): void {
  proxy.on("proxyRes", (upstream, _request, response) => {
    upstream.on("close", () => {
      if (!upstream.complete) response.destroy();
    });
  });
}

// Dates read as the reader's system writes them; tests compare what one system writes.
if (process.env.VITEST) process.env.LC_ALL = "en_GB.UTF-8";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: {
    alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) },
  },
  server: {
    // The Origin stays the browser's own unless changed, and the sidecar refuses
    // state-changing requests from a foreign origin.
    proxy: Object.fromEntries(
      proxied.map((path) => [path, { target: backend, changeOrigin: true, headers: { Origin: backend }, configure: endTogether }]),
    ),
  },
  build: {
    outDir: "dist",
    assetsDir: "assets",
    manifest: true,
    // Inlined data: URIs would need exceptions in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/testing/setup.ts"],
    // One browser imitation for all files: building it costs more than the tests. They share
    // its globals, so each puts back what it changes (testing/setup.ts does the usual ones).
    isolate: false,
    restoreMocks: true,
  },
});
