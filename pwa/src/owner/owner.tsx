// The owner's page: first who is watching, then what they lend and how far that goes.
import { useState } from "preact/hooks";
import { Fold } from "../lending/fold.tsx";
import { Lost } from "../lending/lost.tsx";
import { sorry } from "../lending/refusals.ts";
import { Site, SiteForm } from "../lending/site.tsx";
import { Watch } from "../lending/watching.tsx";
import { useStore } from "../lib/hooks.ts";
import { lockNow } from "../lib/lock.ts";
import { Icon } from "../lib/parts/icon.tsx";
import { NoticesCard } from "../lib/parts/notices.tsx";
import { setTheme, theme } from "../lib/theme.ts";
import type { OwnerView } from "../wire.ts";
import { Asks } from "./asks.tsx";
import { Fees } from "./fees.tsx";
import type { OwnerLender } from "./lender.ts";
import { NOTICES } from "./notices.ts";
import { Panic } from "./panic.tsx";
import { Receipts } from "./receipts.tsx";
import { Statements } from "./statements.tsx";

function Bar({ lender }: { lender: OwnerLender }) {
  const [menu, setMenu] = useState(false);
  const { user, agency } = lender.me;
  const other = theme() === "night" ? "day" : "night";
  return (
    <header class="bar">
      <div class="bar-title">
        <h1>My cameras</h1>
        <span>{agency.name}</span>
      </div>
      <button
        type="button"
        class="square"
        aria-label="Menu"
        aria-expanded={menu}
        aria-controls="menu"
        onClick={() => setMenu(!menu)}
      >
        <Icon name={menu ? "close" : "menu"} />
      </button>
      {menu && (
        <div class="menu" id="menu">
          <p>{user.display_name}</p>
          <button
            type="button"
            onClick={() => {
              setTheme(other);
              setMenu(false);
            }}
          >
            <Icon name={other} /> {other === "day" ? "Day colours" : "Night colours"}
          </button>
          <button type="button" onClick={() => void lockNow(lender.requests)}>
            <Icon name="lock" /> Lock
          </button>
          <button type="button" onClick={() => void lender.signOut()}>
            <Icon name="logOut" /> Log out
          </button>
        </div>
      )}
    </header>
  );
}

function Lent({ lender, view }: { lender: OwnerLender; view: OwnerView }) {
  return (
    <>
      <Asks lender={lender} view={view} />
      <Watch lender={lender} sites={view.sites} />
      {view.sites.map((site) => (
        <Site key={site.id} lender={lender} site={site}>
          <Panic lender={lender} site={site} />
        </Site>
      ))}
      <div class="card folds">
        {view.sites.length === 0 && (
          <p class="empty-site">You lend nothing yet. Begin with the place where your cameras are.</p>
        )}
        <Fold
          icon="plus"
          title={view.sites.length === 0 ? "Add your first site" : "Add a site"}
          now="A shop, a home: wherever cameras are"
        >
          {(close) => <SiteForm lender={lender} site={null} onDone={close} />}
        </Fold>
      </div>
      {view.sites.length > 0 && <Receipts lender={lender} view={view} />}
      {view.sites.length > 0 && <Statements lender={lender} view={view} />}
      <NoticesCard requests={lender.requests} words={NOTICES} sorry={sorry} />
      <p class="owner-public">
        <a href="/transparency">Everybody can see how often cameras were opened, and why</a>
      </p>
      {view.sites.length > 0 && <Fees lender={lender} view={view} />}
    </>
  );
}

export function Owner({ lender }: { lender: OwnerLender }) {
  const view = useStore(lender.view);
  return (
    <div class="owner lending">
      <Bar lender={lender} />
      <main>
        <Lost lender={lender} />
        {view === null ? (
          <p class="waiting" role="status">
            Reading who is watching…
          </p>
        ) : (
          <Lent lender={lender} view={view} />
        )}
      </main>
    </div>
  );
}
