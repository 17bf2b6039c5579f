// visit.js CHROMIUM PACKAGES, a job as JSON on stdin: {"pages": [{"url", "scheme", "width", "scripts"}]}
// Visits each page and prints as JSON what it saw of it. PACKAGES is a folder with playwright-core and axe-core.
"use strict";
const fs = require("fs"), path = require("path");
const [chromiumPath, packages] = process.argv.slice(2);
const { chromium } = require(path.join(packages, "playwright-core"));
const axe = fs.readFileSync(path.join(packages, "axe-core", "axe.min.js"), "utf8");

async function visit(browser, job) {
  const context = await browser.newContext({
    colorScheme: job.scheme, javaScriptEnabled: job.scripts, viewport: { width: job.width, height: 800 } });
  const page = await context.newPage(), seen = { ...job, requests: [], errors: [] };
  page.on("request", request => seen.requests.push(request.url()));
  page.on("console", message => seen.errors.push(message.text()));
  page.on("pageerror", error => seen.errors.push(String(error)));
  page.on("dialog", dialog => { seen.errors.push("dialog"); dialog.dismiss(); });
  if (job.scripts)
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", event => window.violations.push(event.violatedDirective));
    });
  await page.goto(job.url);
  if (job.scripts) {
    seen.violations = await page.evaluate(() => window.violations);
    seen.ran = await page.evaluate(() => window.hostile === undefined ? "" : String(window.hostile));
    seen.overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    seen.tabbed = [];
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Tab");
      seen.tabbed.push(await page.evaluate(() => document.activeElement.tagName));
    }
    seen.rows = await page.locator("table.sortable tbody tr:visible").count();
    if (seen.rows) {
      const head = page.locator("table.sortable thead th").first();
      await head.locator("button").focus();
      await page.keyboard.press("Enter");
      seen.sorted = [await head.getAttribute("aria-sort"), await page.locator("table.sortable tbody th").allTextContents()];
      await page.getByRole("searchbox").fill("example.net");
      seen.found = await page.locator("table.sortable tbody tr:visible").count();
      await page.getByRole("searchbox").fill("");
    }
    seen.differing = await page.locator("li.differs").count();
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run());
    seen.axe = result.violations.map(each => `${each.id}: ${each.nodes[0].html.slice(0, 200)}`);
  }
  seen.text = await page.evaluate(() => document.body.innerText).catch(() => "");
  await context.close();
  return seen;
}

(async () => {
  const job = JSON.parse(fs.readFileSync(0, "utf8"));
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"] });
  const seen = [];
  for (const each of job.pages) seen.push(await visit(browser, each));
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
})();
