// All checks in one process, against one server.

import './organizations.mjs';
import './organization_connections.mjs';
import './people.mjs';
import './access.mjs';
import './tenant.mjs';
import './paging.mjs';
import './authentication.mjs';
