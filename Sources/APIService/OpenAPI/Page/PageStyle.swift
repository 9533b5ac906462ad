/// How the page looks: a column of contents, colours by the reader's preference, tables that scroll by themselves.
enum PageStyle {
  static let text = """

    :root { color-scheme: light dark; --ink: #1c2127; --faint: #5b6570; --line: #d8dde3; --paper: #fff; --panel: #f5f7f9;
      --blue: #0b62c4; --green: #11713c; --amber: #8a5300; --red: #b3261e; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e4e8ec; --faint: #9aa5b1; --line: #343c45; --paper: #14181c; --panel: #1c2228;
        --blue: #6fb1ff; --green: #62c98d; --amber: #e0aa4f; --red: #ff8a80; }
    }
    * { box-sizing: border-box; }
    html { scroll-behavior: smooth; }
    body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); color: var(--ink);
      background: var(--paper); font: 16px/1.5 system-ui, sans-serif; }
    nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.5rem; background: var(--panel);
      border-right: 1px solid var(--line); }
    nav h2 { margin: 1rem 0 .25rem; font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; }
    nav ul { margin: 0; padding: 0; list-style: none; font-size: .92rem; }
    nav li { padding: .12rem 0; }
    nav a { color: inherit; text-decoration: none; }
    nav a:hover { text-decoration: underline; }
    main { padding: 2rem clamp(1rem, 4vw, 4rem) 6rem; max-width: 76rem; }
    h1 { margin-top: 0; } h1 small { color: var(--faint); font-weight: 400; font-size: 1rem; }
    section > h2 { margin-top: 3rem; text-transform: capitalize; border-bottom: 1px solid var(--line); }
    article { margin: 1.5rem 0 2.5rem; scroll-margin-top: 1rem; }
    article:target > h3 { background: var(--panel); }
    h3 { margin-bottom: .5rem; font-size: 1.1rem; } h3 a { color: inherit; text-decoration: none; }
    h4 { margin: 1rem 0 .25rem; font-size: .85rem; color: var(--faint); text-transform: uppercase; }
    a { color: var(--blue); }
    code, pre { font: .88em/1.5 ui-monospace, monospace; } code { overflow-wrap: anywhere; }
    pre { padding: .75rem 1rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--line);
      border-radius: 6px; }
    .who { color: var(--faint); }
    .get b { color: var(--blue); } .post b, .s2 { color: var(--green); } .patch b, .s3 { color: var(--amber); }
    .delete b, .s4, .s5 { color: var(--red); } td .s2 { color: var(--green); } td .s3 { color: var(--amber); }
    td .s4, td .s5 { color: var(--red); }
    div { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-size: .9rem; }
    th { text-align: left; color: var(--faint); font-weight: 500; }
    th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
    @media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; } }
    @media print { nav { display: none; } body { display: block; } }

    """
}
