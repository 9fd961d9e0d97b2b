import { Dashboard } from '@/components/dashboard/Dashboard'
import { mount } from '@/components/shell/mount'

mount(<Dashboard />)
