import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { Frame } from './frame/frame.js';
import { loaded } from './frame/loaded.js';
import { NotFound } from './frame/not-found.js';
import { StartView } from './start/start-view.js';
import { Loading } from './ui/loading.js';

const ShopViews = lazy(() => loaded(import('./shop/shop-views.js')));
const SaleViews = lazy(() => loaded(import('./sale/sale-views.js')));
const KeeperView = lazy(() => loaded(import('./keeper/keeper-view.js')));
const MachineView = lazy(() => loaded(import('./machine/machine-view.js')));

/** Requests wait and repeat by themselves (api/ask.ts): a second layer of repeats would only delay what is final. */
const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: false, staleTime: 1_000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});

/** The page: a frame with one view for each path. The gateway serves it under the same paths (apps/gateway/src/page). */
export const App = () => (
  <QueryClientProvider client={queries}>
    <BrowserRouter>
      <Frame>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route index element={<StartView />} />
            <Route path="shop/*" element={<ShopViews />} />
            <Route path="sale/*" element={<SaleViews />} />
            <Route path="keeper/*" element={<KeeperView />} />
            <Route path="machine/*" element={<MachineView />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </Frame>
    </BrowserRouter>
  </QueryClientProvider>
);
